// What is written is the state at the call, whatever way it is held and written.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  NumpyState,
  ndarray,
  Variable,
  type NdArray,
  type SaveOptions,
} from '../../lib/index.js'
import { runChild } from '../fixtures/child'

const MODES = process.platform === 'linux' ? (['copy', 'fork'] as const) : (['copy'] as const)
const WRITERS = ['auto', 'map', 'direct', 'buffered'] as const

/** Several pieces of the data file, of which one array fills more than one. */
const SIZES = [3_000_000, 1, 17, 100_000, 2_000_000]

function make() {
  const state = new NumpyState()
  for (const [i, size] of SIZES.entries()) state[`a${String(i)}`] = ndarray(new Float32Array(size))
  const step = new Variable(0n, 'int64')
  return { state, step, checkpoint: new Checkpoint({ state, step }) }
}

const dataOf = (state: NumpyState, name: string): Float32Array =>
  (state[name] as NdArray).data as Float32Array

function fill({ state, step }: ReturnType<typeof make>, value: number): void {
  for (const name of Object.keys(state)) dataOf(state, name).fill(value)
  step.value = BigInt(value)
}

function check(t: Test, path: string, value: number): void {
  const restored = make()
  restored.checkpoint.restoreSync(path)
  t.equal(restored.step.value, BigInt(value))
  for (const name of Object.keys(restored.state)) {
    t.ok(
      dataOf(restored.state, name).every((element) => element === value),
      `${name} is of the call`,
    )
  }
}

for (const snapshot of MODES) {
  for (const writer of WRITERS) {
    for (const durable of [true, false]) {
      const options: SaveOptions = { snapshot, writer, durable }
      t.test(`${JSON.stringify(options)}: changes after the call are not saved`, async (t) => {
        const prefix = join(t.testdir(), 'x')
        const objects = make()
        const paths: string[] = []
        for (let step = 1; step < 4; step++) {
          fill(objects, step)
          const saving = objects.checkpoint.save(prefix, options)
          fill(objects, 100 + step)
          paths.push(await saving)
        }
        for (const [i, path] of paths.entries()) check(t, path, i + 1)
      })
    }
  }
}

t.test('two unfinished saves have their own states and numbers', async (t) => {
  for (const snapshot of MODES) {
    const prefix = join(t.testdir(), snapshot)
    const objects = make()
    const saves: Promise<string>[] = []
    for (let step = 1; step < 3; step++) {
      fill(objects, step)
      saves.push(objects.checkpoint.save(prefix, { snapshot }))
    }
    fill(objects, 9)
    const paths = await Promise.all(saves)
    t.strictSame(paths, [`${prefix}-1`, `${prefix}-2`])
    for (const [i, path] of paths.entries()) {
      check(t, path, i + 1)
      const { checkpoint } = make()
      checkpoint.restoreSync(path)
      t.equal(checkpoint.saveCounter, i + 1, 'the counter in the file')
    }
  }
})

t.test('a save that fails in between gives its number to the next', async (t) => {
  const prefix = join(t.testdir(), 'x')
  const objects = make()
  const controller = new AbortController()
  fill(objects, 1)
  const first = objects.checkpoint.save(prefix, { signal: controller.signal })
  fill(objects, 2)
  const second = objects.checkpoint.save(prefix)
  controller.abort()
  await t.rejects(first, { name: 'AbortError' })
  t.equal(await second, `${prefix}-1`)
  check(t, `${prefix}-1`, 2)
  const { checkpoint } = make()
  checkpoint.restoreSync(`${prefix}-1`)
  t.equal(checkpoint.saveCounter, 1)
})

t.test('a bound of speed is kept to', async (t) => {
  const prefix = join(t.testdir(), 'x')
  const objects = make()
  fill(objects, 1)
  const begin = performance.now()
  const path = await objects.checkpoint.save(prefix, { maxBytesPerSecond: 100e6 })
  // 20 MB, the last piece of which need not be waited for.
  t.ok(performance.now() - begin > 100, 'it is no faster')
  check(t, path, 1)
})

t.test('a bound can be waited for in vain', async (t) => {
  const objects = make()
  const signal = AbortSignal.timeout(100)
  const save = objects.checkpoint.save(join(t.testdir(), 'x'), { maxBytesPerSecond: 1, signal })
  await t.rejects(save, { name: 'TimeoutError' })
})

t.test(
  'a forked process keeps nothing open and ends with its save',
  { skip: MODES.length < 2 },
  async (t) => {
    const lines = await runChild('fork-and-look.cjs', { args: [t.testdir()] })
    t.strictSame(lines, ['1 process', '0 descriptors', '0 processes'])
  },
)
