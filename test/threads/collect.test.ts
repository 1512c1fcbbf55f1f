// Garbage collection in every order: arrays outlive readers and files, and in the end nothing of the
// addon lives, no descriptor is open and no file is mapped.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  ndarray,
  NumpyState,
  openCheckpoint,
  openCheckpointSync,
  type NdArray,
} from '../../lib/index.js'
import { counts } from '../../lib/native.js'
import { contentOf, shardsOf } from '../fixtures/files'
import { collect, untilNothingLives } from '../fixtures/settle'

const linux = process.platform === 'linux' ? false : 'it looks into /proc'

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']

/** Arrays of 1,000 elements, each filled with its place. */
function save(directory: string, maxShardBytes = 20_000): string {
  const state = new NumpyState()
  for (const [i, name] of NAMES.entries()) state[name] = ndarray(new Float64Array(1000).fill(i))
  return new Checkpoint({ state }).saveSync(join(directory, 'ckpt'), { maxShardBytes })
}

type Arrays = Record<string, NdArray>

const newRestore = (): Checkpoint<{ state: NumpyState<Arrays> }> =>
  new Checkpoint({ state: new NumpyState<Arrays>() })

const isFilled = (array: NdArray, value: number): boolean =>
  (array.data as Float64Array).every((element) => element === value)

t.test('arrays outlive their reader, their checkpoint and their files', async (t) => {
  const directory = t.testdir()
  const path = save(directory)
  const held: NdArray[] = []
  const unread: NdArray[] = []
  await (async () => {
    const restore = newRestore()
    await restore.restore(path, { verify: 'off' })
    held.push(...Object.values(restore.state))
    const reader = await openCheckpoint(path, { verify: 'off' })
    for (const { key, dtype } of reader.variables()) {
      if (dtype === 'int64') unread.push(reader.get(key) as NdArray)
    }
    await reader.close()
  })()
  rmSync(directory, { recursive: true })
  for (let i = 0; i < 5; i++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.ok(counts().mappings > 0)
  for (const [i, array] of held.entries()) t.ok(isFilled(array, i), `array ${String(i)}`)
  t.equal(unread[0]?.get(), 1n, 'also those that nobody has looked at before')
})

t.test('one array keeps its own mapping, and with it goes the last', async (t) => {
  await untilNothingLives()
  const path = save(t.testdir())
  let kept: NdArray | undefined = openStateOf(path)['a']
  t.ok(kept && isFilled(kept, 0))
  await settled()
  t.equal(counts().mappings, 1)
  t.ok(kept && isFilled(kept, 0))
  kept = undefined
  await untilNothingLives()
})

function openStateOf(path: string): NumpyState<Arrays> {
  const restore = newRestore()
  restore.restoreSync(path)
  return restore.state
}

/** A few collections with the turns that finalizers run in. */
async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Saves a step and restores it, while nobody but the save holds the arrays. */
async function saveAndRestore(prefix: string, step: number): Promise<boolean> {
  const state = new NumpyState()
  for (const name of NAMES) state[name] = ndarray(new Float64Array(20_000).fill(step))
  const saving = new Checkpoint({ state }).write(`${prefix}-${String(step)}`, {
    snapshot: step % 2 === 0 ? 'none' : 'copy',
    maxShardBytes: 200_000,
  })
  for (const name of NAMES) state[name] = ndarray(new Float64Array(1))
  const restored = newRestore()
  const mode = step % 3 === 0 ? 'load' : 'map'
  await restored.restore(await saving, { mode, verify: step % 4 === 0 ? 'lazy' : 'eager' })
  return Object.values(restored.state).every((array) => isFilled(array, step))
}

t.test('collections in the middle of saves and restores disturb nothing', async (t) => {
  const prefix = join(t.testdir(), 'ckpt')
  const working = { now: true }
  // As often as the loop turns.
  const storm = (async () => {
    while (working.now) {
      collect()
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  for (let step = 1; step <= 12; step++) t.ok(await saveAndRestore(prefix, step))
  working.now = false
  await storm
  await untilNothingLives()
})

/** Saves two steps; what the second has found out about itself. */
async function saveTwice(directory: string): Promise<{ kind?: string; kept: number }> {
  const state = new NumpyState<Arrays>()
  for (const name of NAMES) state[name] = ndarray(new Float64Array(20_000).fill(4))
  const checkpoint = new Checkpoint({ state })
  const report: { kind?: string } = {}
  for (const step of [1, 2]) {
    ;(state['a']?.data as Float64Array).fill(step)
    await checkpoint.save(join(directory, 'ckpt'), {
      incremental: true,
      maxShardBytes: 200_000,
      onReport: ({ kind }) => (report.kind = kind),
    })
  }
  const kept = counts().snapshots
  return { ...report, kept }
}

t.test('the copy that is kept for the next save goes with its Checkpoint', async (t) => {
  await untilNothingLives()
  t.strictSame(await saveTwice(t.testdir()), { kind: 'incremental', kept: 1 })
  await untilNothingLives()
})

t.test('a save whose promise and objects are dropped is finished', async (t) => {
  const directory = t.testdir()
  const finished = (() => {
    const state = new NumpyState()
    for (const name of NAMES) state[name] = ndarray(new Float64Array(20_000).fill(4))
    return new Checkpoint({ state }).save(join(directory, 'ckpt'), { snapshot: 'none' })
  })()
  collect()
  const path = await finished
  t.ok(Object.values(openStateOf(path)).every((array) => isFilled(array, 4)))
  await untilNothingLives()
})

// Functions of their own: a variable of the test would live until its end.
async function openAndClose(path: string, i: number): Promise<void> {
  const reader = i % 4 === 0 ? await openCheckpoint(path) : openCheckpointSync(path)
  const [first] = reader.variables()
  if (first !== undefined && i % 3 === 0) reader.get(first.key)
  await reader.close()
}

async function restoreAndDrop(path: string, i: number): Promise<unknown> {
  const restore = newRestore()
  if (i % 2 === 0) restore.restoreSync(path)
  else await restore.restore(path)
  return restore.state['a']?.data
}

const openFiles = (): number => readdirSync('/proc/self/fd').length

const mapped = (directory: string): number =>
  readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes(directory)).length

t.test(
  'thousands of open and close leave no descriptor and no mapping',
  { skip: linux },
  async (t) => {
    const directory = t.testdir()
    const path = save(directory)
    await untilNothingLives()
    const before = openFiles()
    for (let i = 0; i < 3000; i++) {
      await openAndClose(path, i)
      if (i % 500 === 0) collect()
    }
    for (let i = 0; i < 300; i++) await restoreAndDrop(path, i)
    t.ok(openFiles() <= before, 'no descriptor is open, even before a collection')
    await untilNothingLives()
    t.equal(mapped(directory), 0, 'no file is mapped')
  },
)

t.test('failed opens leave nothing either', { skip: linux }, async (t) => {
  const directory = t.testdir()
  const path = save(directory)
  rmSync(shardsOf(path).at(-1) ?? '')
  await untilNothingLives()
  const before = openFiles()
  for (let i = 0; i < 100; i++) {
    await t.rejects(newRestore().restore(path), { code: 'CKPT_NOT_FOUND' })
    t.throws(() => openCheckpointSync(`${path}0`), { code: 'CKPT_NOT_FOUND' })
  }
  t.ok(openFiles() <= before)
  await untilNothingLives()
  t.equal(mapped(directory), 0)
})

t.test('changing restored arrays changes no file and no other restore', async (t) => {
  const directory = t.testdir()
  const path = save(directory)
  const before = contentOf(directory)
  for (const options of [{}, { verify: 'off' }, { verify: 'lazy' }, { mode: 'load' }] as const) {
    const restored = newRestore()
    await restored.restore(path, options)
    for (const { data } of Object.values(restored.state)) (data as Float64Array).fill(-1)
    const second = openStateOf(path)
    for (const [i, name] of NAMES.entries()) {
      const array = second[name]
      t.ok(array && isFilled(array, i))
    }
  }
  t.strictSame(contentOf(directory), before)
})
