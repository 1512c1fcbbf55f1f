// What a program does to its objects while a restore of them is under way.
import { join } from 'node:path'
import t from 'tap'
import { bytesOf } from '../../lib/array/typed-arrays.js'
import {
  Checkpoint,
  ndarray,
  NumpyState,
  Trackable,
  trackable,
  Variable,
  VariableState,
  type NdArray,
  type RestoreOptions,
  type RestoreStatus,
} from '../../lib/index.js'
import { flip, stateOf, type Arrays } from './files'

const MODES: RestoreOptions[] = [{}, { mode: 'load' }, { mode: 'load', verify: 'off' }]

/** Restores, and runs `change` when what matches has been found and before anything is taken. */
async function during(
  checkpoint: Checkpoint,
  path: string,
  options: RestoreOptions,
  change: () => void,
): Promise<RestoreStatus> {
  let changed = false
  const onProgress = (): void => {
    if (changed) return
    changed = true
    change()
  }
  const status = await checkpoint.read(path, { ...options, onProgress })
  t.ok(changed, 'it was in time')
  return status
}

const save = (dir: string, objects: object): string =>
  new Checkpoint(objects).writeSync(join(dir, 'ckpt'))

const weights = Float64Array.of(Math.PI, Math.E)

for (const options of MODES) {
  const how = JSON.stringify(options)

  t.test(`an object that is replaced is restored in its new place ${how}`, async (t) => {
    const path = save(t.testdir(), { model: stateOf({ w: weights }) })
    const checkpoint = new Checkpoint<Record<string, object>>({ model: stateOf({}) })
    const old = checkpoint['model'] as Arrays
    const model = stateOf({ w: new Float64Array(2) })
    const status = await during(checkpoint, path, options, () => {
      checkpoint['model'] = model
    })
    t.strictSame(model['w'], weights)
    t.strictSame(Object.keys(old), [])
    t.equal(status.restored, 1)
    status.assertConsumed()
  })

  t.test(`an array that is set, replaced or deleted is restored all the same ${how}`, async (t) => {
    const path = save(t.testdir(), { s: stateOf({ a: weights, b: weights, c: weights }) })
    const s = stateOf({ a: new Float64Array(1), b: new Float64Array(1) })
    await during(new Checkpoint({ s }), path, options, () => {
      s['a'] = Float64Array.of(9)
      delete s['b']
      s['c'] = new Float32Array(3)
    })
    t.strictSame(s['a'], weights)
    t.strictSame((s['b'] as NdArray).data, weights)
    t.strictSame((s['c'] as NdArray).data, weights)
  })

  t.test(`an object that comes is restored, one that goes is awaited ${how}`, async (t) => {
    const path = save(t.testdir(), { a: new Variable(weights), b: new Variable(weights) })
    const a = new Variable(new Float64Array(2))
    const checkpoint = new Checkpoint<Record<string, object>>({ a })
    const b = new Variable(new Float64Array(2))
    await during(checkpoint, path, options, () => {
      delete checkpoint['a']
      checkpoint['b'] = b
    })
    t.strictSame(b.value, weights)
    t.strictSame(a.value, new Float64Array(2), 'it is no child any more')
    checkpoint['a'] = a
    t.strictSame(a.value, weights)
  })

  t.test(`a newer restore that is done first keeps its values ${how}`, async (t) => {
    const [one, two] = [t.testdir({ a: {}, b: {} })].flatMap((dir) => [
      save(join(dir, 'a'), { w: new Variable(weights) }),
      save(join(dir, 'b'), { w: new Variable(Float64Array.of(7, 8)) }),
    ])
    const w = new Variable(new Float64Array(2))
    const status = await during(new Checkpoint({ w }), String(one), options, () => {
      new Checkpoint({ w }).readSync(String(two))
    })
    t.strictSame(w.value, Float64Array.of(7, 8))
    t.equal(status.restored, 0)
  })
}

t.test('objects that name their children anew at each call are restored', async (t) => {
  class Agent {
    readonly policy = new VariableState<Record<string, Float64Array>>()
    rate = 0;
    [trackable](): Record<string, unknown> {
      const rate = {
        serialize: () => String(this.rate),
        deserialize: (bytes: Uint8Array) => {
          this.rate = Number(Buffer.from(bytes).toString())
        },
      }
      return { parts: [this.policy], rate }
    }
  }
  const saved = new Agent()
  saved.policy['w'] = weights
  saved.rate = 0.25
  const path = save(t.testdir(), { agent: saved })
  for (const options of MODES) {
    const agent = new Agent()
    const status = await new Checkpoint({ agent }).read(path, options)
    t.equal(agent.rate, 0.25)
    t.strictSame(agent.policy['w'], ndarray(weights))
    t.equal(status.restored, 2)
  }
})

/** A model that is told by its state how many layers it has. */
class Model extends Trackable {
  layers: VariableState<{ w: NdArray }>[] = []
  made = 0

  grow(count: number): void {
    this.layers = Array.from({ length: count }, () => new VariableState<{ w: NdArray }>())
    this.made++
  }

  serialize(): string {
    return String(this.layers.length)
  }

  deserialize(bytes: Uint8Array): void {
    this.grow(Number(Buffer.from(bytes).toString()))
  }
}

function savedModel(dir: string): string {
  const model = new Model()
  model.grow(3)
  for (const [i, layer] of model.layers.entries())
    layer.w = ndarray(Float64Array.of(i, Math.PI + i))
  return save(dir, { model })
}

t.test('what a deserialize makes or replaces is restored with it', async (t) => {
  const path = savedModel(t.testdir())
  for (const options of [...MODES, { verify: 'lazy' }, { verify: 'off' }] as RestoreOptions[]) {
    for (const layers of [0, 3, 5]) {
      const model = new Model()
      model.grow(layers)
      const status = await new Checkpoint({ model }).read(path, options)
      t.equal(model.made, 2, 'its state is taken once')
      t.strictSame(
        model.layers.map(({ w }) => w.get(0)),
        [0, 1, 2],
      )
      status.assertConsumed()
    }
  }
})

t.test('the same when the model is attached after the restore', (t) => {
  const path = savedModel(t.testdir())
  const checkpoint = new Checkpoint<{ model?: Model }>()
  const status = checkpoint.readSync(path)
  checkpoint.model = new Model()
  t.strictSame(
    checkpoint.model.layers.map(({ w }) => w.get(0)),
    [0, 1, 2],
  )
  t.equal(checkpoint.model.made, 1)
  status.assertConsumed()
  t.end()
})

t.test('corrupt bytes of what a deserialize makes undo it', async (t) => {
  const path = savedModel(t.testdir())
  flip(`${path}.data-00000-of-00001`, bytesOf(Float64Array.of(Math.PI + 1)))
  const [model, other] = [new Model(), stateOf({ x: weights })]
  model.grow(1)
  const checkpoint = new Checkpoint({ model, other })
  for (const mode of ['map', 'load'] as const) {
    await t.rejects(checkpoint.read(path, { mode }), { code: 'CKPT_CORRUPT' })
    t.equal(model.layers.length, 1)
    t.strictSame(Object.keys(model.layers[0] ?? {}), [])
  }
  t.equal(other['x'], weights)
})

t.test('a restore that waits for a property which deserialize sets', (t) => {
  const made = (): object =>
    Object.assign(new Trackable(), {
      serialize: () => 'x',
      deserialize: () => undefined,
    })
  const path = save(t.testdir(), { model: Object.assign(made(), { w: new Variable(5) }) })
  const parent = new Checkpoint<Record<string, object>>()
  parent.readSync(path)
  const model = Object.assign(made(), { w: new Variable(0) })
  Object.assign(model, {
    // It registers itself, where it is just being set.
    deserialize: () => {
      parent['model'] = model
    },
  })
  parent['model'] = model
  t.equal(model.w.value, 5)
  t.equal(parent['model'], model)
  t.end()
})

t.test('arrays that a restore brings are one for two restores at once', async (t) => {
  const path = save(t.testdir(), { s: stateOf({ a: weights }) })
  const s = new NumpyState()
  const [one, two] = [new Checkpoint({ s }), new Checkpoint({ s })]
  const [first, second] = await Promise.all([one.read(path), two.read(path)])
  t.strictSame(s['a'], ndarray(weights))
  second.assertExistingObjectsMatched()
  t.equal(second.restored, 1)
  // Which one is done first is the threads' matter: the newer one's values are not overwritten.
  if (first.restored > 0) first.assertExistingObjectsMatched()
})
