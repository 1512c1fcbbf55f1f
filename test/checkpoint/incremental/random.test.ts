// Any sequence of changes, saves, failures and restores: each checkpoint has what was saved.
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { ndarray, type SaveOptions } from '../../../lib/index.js'
import { shardsOf } from '../../fixtures/files'
import { runs } from '../../fixtures/random'
import { bytesIn, bytesNow, Saver, WAYS } from './reports'

const NAMES = ['a', 'b', 'c', 'd', 'e']
const LENGTHS = [0, 1, 17, 9000, 20_000]

const name = fc.constantFrom(...NAMES)
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ touch: name, at: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
  },
  { weight: 2, arbitrary: fc.record({ replace: name, length: fc.constantFrom(...LENGTHS) }) },
  { weight: 1, arbitrary: fc.record({ swap: name, by: name }) },
  { weight: 1, arbitrary: fc.record({ remove: name }) },
  { weight: 1, arbitrary: fc.record({ fold: name }) },
  {
    weight: 8,
    arbitrary: fc.record({
      save: fc.constantFrom('plain', 'incremental', 'incremental', 'none', 'sync', 'abort', 'pair'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ restore: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ lose: fc.nat(3) }) },
)

type Bytes = Record<string, Buffer>

/** Without a difference of megabytes in the report. */
function checkSame(found: Bytes, expected: Bytes): void {
  const names = Object.keys(expected)
  if (Object.keys(found).sort().join() !== names.sort().join()) throw new Error('other arrays')
  for (const name of names) {
    if (found[name]?.equals(expected[name] as Buffer) !== true) throw new Error(`'${name}' differs`)
  }
}

class Run {
  readonly saver: Saver
  /** By path, the newest last: after a restore the numbers begin again behind its own. */
  readonly saved = new Map<string, Bytes>()
  #count = 0

  constructor(prefix: string, detect: 'compare' | 'track') {
    this.saver = new Saver(prefix, {}, { detect, maxLinks: 4, maxDeadRatio: 0.6 })
  }

  #array(name: string): Float64Array | undefined {
    const array = this.saver.arrays[name]
    if (array === undefined) return undefined
    return (ArrayBuffer.isView(array) ? array : array.data) as Float64Array
  }

  async do(step: Record<string, unknown>): Promise<void> {
    const { arrays } = this.saver
    if ('touch' in step) {
      const array = this.#array(step['touch'] as string)
      if (array !== undefined && array.length > 0) {
        array[Math.floor((step['at'] as number) * array.length)] = ++this.#count
      }
    } else if ('replace' in step) {
      const length = step['length'] as number
      arrays[step['replace'] as string] = new Float64Array(length).fill(++this.#count)
    } else if ('swap' in step) {
      const [a, b] = [arrays[step['swap'] as string], arrays[step['by'] as string]]
      if (a === undefined || b === undefined) return
      arrays[step['swap'] as string] = b
      arrays[step['by'] as string] = a
    } else if ('remove' in step) Reflect.deleteProperty(arrays, step['remove'] as string)
    else if ('fold' in step) {
      const array = this.#array(step['fold'] as string)
      if (array !== undefined) arrays[step['fold'] as string] = ndarray(array, [array.length, 1])
    } else if ('restore' in step) await this.#restore(step['restore'] as number)
    else if ('lose' in step) this.#lose(step['lose'] as number)
    else await this.#save(step['save'] as string)
  }

  async #restore(number: number): Promise<void> {
    const path = [...this.saved.keys()].at(-1 - number)
    if (path !== undefined) await this.saver.checkpoint.restore(path)
  }

  /** A data file of a checkpoint disappears, with the checkpoint. */
  #lose(number: number): void {
    const path = [...this.saved.keys()].at(-1 - number)
    if (path === undefined) return
    rmSync(shardsOf(path)[0] ?? '')
    this.saved.delete(path)
  }

  async #save(kind: string): Promise<void> {
    const { saver } = this
    const keepAs = (path: string, bytes: Bytes): void => {
      this.saved.delete(path)
      this.saved.set(path, bytes)
    }
    const bytes = bytesNow(saver.arrays)
    const keep = async (options: SaveOptions): Promise<void> => {
      const { path } = await saver.save({ durable: false, ...options })
      keepAs(path, bytes)
    }
    if (kind === 'plain') await keep({ incremental: false })
    else if (kind === 'incremental') await keep({})
    else if (kind === 'none') await keep({ snapshot: 'none' })
    else if (kind === 'sync') {
      const options = { durable: false, incremental: saver.options }
      keepAs(saver.checkpoint.saveSync(saver.prefix, options), bytes)
    } else if (kind === 'abort') {
      const abort = new AbortController()
      const promise = saver.save({ signal: abort.signal, durable: false })
      abort.abort()
      await promise.then(
        ({ path }) => {
          keepAs(path, bytes)
        },
        () => undefined,
      )
    } else {
      const first = keep({})
      const array = this.#array('a')
      if (array !== undefined && array.length > 0) array[0] = ++this.#count
      const later = bytesNow(saver.arrays)
      const { path } = await saver.save({ durable: false })
      await first
      keepAs(path, later)
    }
  }
}

for (const detect of WAYS) {
  t.test(`${detect}: whatever happens between saves`, async (t) => {
    const dir = t.testdir()
    let number = 0
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      async (steps) => {
        const run = new Run(join(dir, String(number++), 'ckpt'), detect)
        try {
          for (const name of NAMES.slice(0, 4)) await run.do({ replace: name, length: 9000 })
          for (const step of steps) {
            await run.do(step)
            const last = [...run.saved].at(-1)
            if (last !== undefined) checkSame(await bytesIn(last[0]), last[1])
          }
          // Nothing that came later has touched what was there.
          for (const [path, bytes] of run.saved) checkSame(await bytesIn(path), bytes)
        } finally {
          rmSync(dirname(run.saver.prefix), { recursive: true, force: true })
        }
      },
    )
    await fc.assert(property, { numRuns: runs(60) })
    t.pass()
  })
}
