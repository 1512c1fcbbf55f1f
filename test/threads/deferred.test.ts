// Restores that wait for objects keep a mapping each, for just as long as somebody may come.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, NumpyState, ndarray, Trackable, Variable } from '../../lib/index.js'
import { counts } from '../../lib/native.js'
import { collect, untilNothingLives } from '../fixtures/settle'

type Objects = Record<string, unknown>

const bag = (): Objects => new Trackable() as unknown as Objects

/** A checkpoint of these names, each an array of a page. */
function save(dir: string, ...names: string[]): string {
  const state = new NumpyState()
  const model = bag()
  for (const [i, name] of names.entries()) {
    state[name] = ndarray(new Float64Array(512).fill(i + 1))
    model[name] = new Variable(new Float64Array(512).fill(i + 1))
  }
  return new Checkpoint({ model, state }).writeSync(join(dir, names.join('-')))
}

/** Waits until no more mappings live than that. */
async function settled(most: number): Promise<number> {
  for (let i = 0; i < 200 && counts().mappings > most; i++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return counts().mappings
}

// Functions of their own: a variable of the test would live until its end.
function restoreOften(path: string, times: number): Checkpoint<Objects> {
  const checkpoint = new Checkpoint<Objects>()
  for (let i = 0; i < times; i++) checkpoint.readSync(path, { verify: 'off' })
  return checkpoint
}

async function restoreAndDrop(path: string, i: number): Promise<void> {
  const checkpoint = new Checkpoint<Objects>()
  if (i % 2 === 0) checkpoint.readSync(path, { verify: i % 4 === 0 ? 'lazy' : 'off' })
  else await checkpoint.read(path, { mode: 'load' })
  if (i % 5 === 0) checkpoint['model'] = bag()
  if (i % 7 === 0) checkpoint['state'] = new NumpyState()
}

t.test('a thousand restores that wait for one object keep the mapping of the last', async (t) => {
  await untilNothingLives()
  const path = save(t.testdir(), 'a', 'b')
  const hold: Checkpoint<Objects>[] = [restoreOften(path, 1000)]
  t.equal(await settled(1), 1)
  const model = Object.assign(bag(), { a: new Variable(new Float64Array(512)) })
  for (const checkpoint of hold) checkpoint['model'] = model
  t.equal((model['a'] as Variable<Float64Array>).value[511], 1)
  hold.length = 0
  t.equal(await settled(1), 1, 'the array, and what waits for b')
  t.equal((model['a'] as Variable<Float64Array>).value[0], 1)
})

t.test('with what it was for goes the last of them', async (t) => {
  await untilNothingLives()
  const path = save(t.testdir(), 'a')
  const checkpoint = restoreOften(path, 3)
  const state = new NumpyState()
  checkpoint['model'] = bag()
  checkpoint['state'] = state
  t.ok(state['a'])
  delete checkpoint['model']
  delete checkpoint['state']
  Reflect.deleteProperty(state, 'a')
  t.equal(await settled(0), 0, 'although the Checkpoint lives')
  t.strictSame(Object.keys(checkpoint), [])
})

t.test('nothing stays of thousands of objects that were awaited and dropped', async (t) => {
  await untilNothingLives()
  const dir = t.testdir()
  const paths = [save(dir, 'a'), save(dir, 'b'), save(dir, 'c', 'd')]
  for (let i = 0; i < 1000; i++) await restoreAndDrop(paths[i % 3] ?? '', i)
  await untilNothingLives()
  t.pass('all mappings are gone')
})

t.test('attachments that fail leave nothing', async (t) => {
  await untilNothingLives()
  const path = save(t.testdir(), 'a')
  const attempt = (): void => {
    const checkpoint = new Checkpoint<Objects>()
    checkpoint.readSync(path)
    const model = Object.assign(bag(), { a: new Variable(new Float64Array(3)) })
    t.throws(() => Object.assign(checkpoint, { model }), { code: 'CKPT_MISMATCH' })
  }
  for (let i = 0; i < 50; i++) attempt()
  await untilNothingLives()
})

t.test('a status keeps its mapping, and lets go of it', async (t) => {
  await untilNothingLives()
  const dir = t.testdir()
  const path = save(dir, 'a')
  const hold = [new Checkpoint<Objects>().readSync(path)]
  rmSync(dir, { recursive: true })
  t.equal(await settled(1), 1)
  t.match(hold[0]?.missingInProgram, [
    { dtype: 'float64', shape: [512] },
    { dtype: 'float64', shape: [512] },
  ])
  hold.length = 0
  await untilNothingLives()
})
