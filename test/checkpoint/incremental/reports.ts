/** What the tests of incremental saves share. */
import { statSync } from 'node:fs'
import { gather } from '../../../lib/array/strides.js'
import { bytesOf } from '../../../lib/array/typed-arrays.js'
import {
  Checkpoint,
  NumpyState,
  openCheckpoint,
  type IncrementalOptions,
  type SaveOptions,
  type SaveReport,
} from '../../../lib/index.js'
import { isTrackingAvailable } from '../../../lib/native.js'
import { shardsOf } from '../../fixtures/files'
import { emptyState, type Arrays } from '../files'

/** Every way in which changes are found here. */
export const WAYS: readonly NonNullable<IncrementalOptions['detect']>[] = isTrackingAvailable()
  ? ['compare', 'track']
  : ['compare']

/** A Checkpoint of arrays, and its incremental saves with their reports. */
export class Saver {
  readonly arrays: NumpyState<Arrays>
  readonly checkpoint: Checkpoint
  readonly prefix: string
  readonly options: IncrementalOptions

  constructor(prefix: string, arrays: Arrays, options: IncrementalOptions = {}) {
    this.arrays = Object.assign(new NumpyState<Arrays>(), arrays)
    this.checkpoint = new Checkpoint({ arrays: this.arrays })
    this.prefix = prefix
    this.options = options
  }

  async save(options: SaveOptions = {}): Promise<SaveReport> {
    const reports: SaveReport[] = []
    const onReport = (report: SaveReport): void => void reports.push(report)
    await this.checkpoint.save(this.prefix, { incremental: this.options, onReport, ...options })
    const [report] = reports
    if (report === undefined) throw new Error('no report')
    return report
  }
}

/** The bytes of each array of a checkpoint, after all of it was verified. */
export async function bytesIn(path: string): Promise<Record<string, Buffer>> {
  const reader = await openCheckpoint(path)
  const { problems } = await reader.verify()
  await reader.close()
  if (problems[0] !== undefined) throw new Error(problems[0].reason)
  const arrays = emptyState()
  await new Checkpoint({ arrays }).restore(path)
  const entries = Object.entries(arrays).map(([name, { data }]) => [name, copyOf(data)] as const)
  return Object.fromEntries(entries)
}

/** The same of a state as it is now. */
export function bytesNow(arrays: Arrays): Record<string, Buffer> {
  const entries = Object.entries(arrays).map(([name, array]) => {
    if (ArrayBuffer.isView(array)) return [name, copyOf(array)] as const
    const { data, shape, stride, offset = 0 } = array as StridedArray
    if (stride === undefined) return [name, copyOf(data)] as const
    const itemsize = data.BYTES_PER_ELEMENT
    return [name, Buffer.from(gather({ data, shape, stride, offset, itemsize }))] as const
  })
  return Object.fromEntries(entries)
}

interface StridedArray {
  readonly data: Float64Array
  readonly shape: number[]
  readonly stride?: number[]
  readonly offset?: number
}

const copyOf = (data: ArrayBufferView): Buffer => Buffer.from(bytesOf(data as Uint8Array))

/** How many names each data file of a checkpoint has. */
export const linksOf = (path: string): number[] =>
  shardsOf(path).map((file) => statSync(file).nlink)

/** Whether both have the same arrays, without a report of megabytes. */
export function areEqual(a: Record<string, Buffer>, b: Record<string, Buffer>): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => a[name]?.equals(b[name] ?? Buffer.of(1, 2, 3)) === true)
  )
}
