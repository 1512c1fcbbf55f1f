/**
 * What differs between two checkpoints, or files.
 *
 * @module
 */
import { byUtf8 } from '../bundle/names.js'
import { SAVE_INFO_KEY } from '../bundle/save-info.js'
import { Scratch, type SourceEntry, type SourceTensor } from '../convert/tensor.js'
import { runSync } from '../twin.js'
import { compareTensors, type Comparison, type Tolerance } from './compare.js'
import type { Opened } from './open.js'

/** What a tensor is. */
export interface Kind {
  readonly dtype: string
  readonly shape: readonly number[]
}

export type Difference =
  | { readonly kind: 'removed' | 'added'; readonly name: string; readonly tensor: Kind }
  /** Another shape, or another dtype: the values are not compared. */
  | { readonly kind: 'reshaped'; readonly name: string; readonly from: Kind; readonly to: Kind }
  | ({ readonly kind: 'changed'; readonly name: string } & Kind & Comparison)

export interface DiffOptions extends Tolerance {
  readonly accepts: (name: string, key: string) => boolean
  /** Leaves out what each save counts: the save counter, and the step that a manager was told. */
  readonly ignoreCounters: boolean
  readonly onProgress?: (progress: { done: number; total: number }) => void
}

export interface DiffReport {
  readonly equal: boolean
  readonly differences: readonly Difference[]
  /** Tensors that are equal. */
  readonly same: number
}

const COUNTERS: readonly string[] = ['save_counter/.ATTRIBUTES/VARIABLE_VALUE', SAVE_INFO_KEY]

/** @throws CheckpointError for a tensor that cannot be read */
export function diff(a: Opened, b: Opened, options: DiffOptions): DiffReport {
  // Names are short where they can be, which may be in one of two checkpoints only.
  const isKeyed = a.format === 'checkpoint' && b.format === 'checkpoint'
  const [left, right] = [a, b].map(({ source }) => entriesOf(source.entries, isKeyed, options))
  const found = pairs(
    left ?? new Map<string, SourceEntry>(),
    right ?? new Map<string, SourceEntry>(),
  )
  const total = found.reduce((sum, { before }) => sum + (before?.byteLength ?? 0), 0)
  const scratch = new Scratch()
  let done = 0
  const differences = found.flatMap(({ name, before, after }) => {
    const difference = differenceOf(name, before, after, options, scratch)
    done += before?.byteLength ?? 0
    options.onProgress?.({ done, total })
    return difference === undefined ? [] : [difference]
  })
  const same = found.length - differences.length
  return { equal: differences.length === 0, differences, same }
}

type Entries = ReadonlyMap<string, SourceEntry>

function entriesOf(
  entries: readonly SourceEntry[],
  isKeyed: boolean,
  { accepts, ignoreCounters }: DiffOptions,
): Entries {
  const chosen = entries.filter(
    ({ name, key }) => accepts(name, key) && !(ignoreCounters && COUNTERS.includes(key)),
  )
  return new Map(chosen.map((entry) => [isKeyed ? entry.key : entry.name, entry]))
}

interface Pair {
  readonly name: string
  readonly before?: SourceTensor
  readonly after?: SourceTensor
}

/** In the order of the names. */
function pairs(left: Entries, right: Entries): Pair[] {
  const keys = [...new Set([...left.keys(), ...right.keys()])]
  keys.sort(byUtf8)
  return keys.map((key) => {
    const [a, b] = [left.get(key), right.get(key)]
    const name = (a ?? b)?.name ?? key
    return { name, ...(a && { before: a.open() }), ...(b && { after: b.open() }) }
  })
}

const kindOf = ({ dtype, shape }: Kind): Kind => ({ dtype, shape: [...shape] })

function differenceOf(
  name: string,
  before: SourceTensor | undefined,
  after: SourceTensor | undefined,
  tolerance: Tolerance,
  scratch: Scratch,
): Difference | undefined {
  if (before === undefined || after === undefined) {
    const only = before ?? after
    if (only === undefined) return undefined
    return { kind: before === undefined ? 'added' : 'removed', name, tensor: kindOf(only) }
  }
  const [from, to] = [kindOf(before), kindOf(after)]
  const isSame = from.dtype === to.dtype && from.shape.join() === to.shape.join()
  if (!isSame || before.itemsize !== after.itemsize) return { kind: 'reshaped', name, from, to }
  const comparison = runSync(compareTensors(before, after, tolerance, scratch))
  return comparison.changed === 0 ? undefined : { kind: 'changed', name, ...from, ...comparison }
}
