// Slot variables of optimizers: the fixture that TensorFlow wrote, and TensorFlow itself.
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  NdArray,
  openCheckpoint,
  OptimizerState,
  Variable,
  VariableState,
  zeros,
  type SlotKey,
} from '../../lib/index.js'
import { arrayBytes, sha256 } from './bytes'
import { checkpointOf, readFixture } from './expected'
import { withTensorFlow } from './tensorflow'

class Adam extends OptimizerState {
  beta1_power = new Variable(0, 'float32')
  beta2_power = new Variable(0, 'float32')
}

/** The objects of the fixture; the model's arrays and all slots appear by being restored. */
function program() {
  const model = new VariableState<Record<string, NdArray>>()
  const objects = { adam: new Adam(), model, momentum: new OptimizerState() }
  return { ...objects, checkpoint: new Checkpoint(objects) }
}

type Program = ReturnType<typeof program>
type Described = Record<string, unknown>

const describe = (array: NdArray): unknown[] => [
  array.dtype,
  [...array.shape],
  sha256(arrayBytes(array)),
]

/** What the objects hold, as tf_worker.py's `values` tells it. */
function valuesOf({ adam, model, momentum }: Program): Described {
  const values: Described = {}
  const add = (name: string, array: unknown): void => {
    if (array instanceof NdArray) values[name] = describe(array as NdArray)
  }
  for (const [name, array] of Object.entries(model)) {
    add(name, array)
    for (const [optimizer, state] of Object.entries({ adam, momentum })) {
      for (const slot of state.getSlotNames()) {
        add(`${name}/${optimizer}/${slot}`, state.getSlot([model, name], slot))
      }
    }
  }
  for (const name of ['beta1_power', 'beta2_power'] as const) {
    const scalar = zeros([], 'float32')
    scalar.set(adam[name].value)
    add(name, scalar)
  }
  return values
}

const NAMES = ['w', 'b', 'w/adam/m', 'b/adam/m', 'w/adam/v', 'b/adam/v', 'w/momentum/momentum']
const ALL = [...NAMES, 'beta1_power', 'beta2_power'].sort()

t.test('the fixture is restored completely, and saved again as it was', async (t) => {
  const expected = checkpointOf(readFixture('slots'), 'slots-1')
  for (const mode of ['map', 'load'] as const) {
    const objects = program()
    const status = await objects.checkpoint.restore(expected.prefix, { mode })
    status.assertConsumed().assertExistingObjectsMatched()
    t.equal(status.restored, 10)
    t.strictSame(Object.keys(valuesOf(objects)).sort(), ALL)
    const prefix = objects.checkpoint.writeSync(join(t.testdir(), 'again'))
    const reader = await openCheckpoint(prefix)
    const ofValues = expected.variables.filter(({ dtype }) => dtype !== 'string')
    t.equal(ofValues.length, 10)
    for (const { key, dtype, shape, sha256: hash } of ofValues) {
      const array = reader.get(key) as NdArray
      t.strictSame([array.dtype, array.shape], [dtype, shape], key)
      t.equal(sha256(arrayBytes(array)), hash, key)
    }
    t.strictSame(
      reader.variables().map(({ key }) => key),
      expected.variables.map(({ key }) => key),
      'no others',
    )
    const shapeOf = (graph: typeof reader.objectGraph): unknown =>
      graph?.nodes.map(({ children, attributes, slotVariables }) => ({
        children,
        // Python's names of its variables are nothing that an object here has.
        keys: attributes.map(({ name, checkpointKey }) => [name, checkpointKey]),
        slotVariables,
      }))
    t.strictSame(shapeOf(reader.objectGraph), shapeOf(expected.graph))
  }
})

t.test('without the model, slots are missing in the program', async (t) => {
  const { prefix } = checkpointOf(readFixture('slots'), 'slots-1')
  const checkpoint = new Checkpoint<{ adam: Adam; model?: object }>({ adam: new Adam() })
  const status = await checkpoint.restore(prefix)
  t.equal(status.restored, 3)
  t.equal(status.missingInProgram.length, 7)
  const model = new VariableState<Record<string, NdArray>>()
  checkpoint.model = model
  t.strictSame(
    status.missingInProgram.map(({ key }) => key),
    ['model/w/.OPTIMIZER_SLOT/momentum/momentum/.ATTRIBUTES/VARIABLE_VALUE'],
  )
  const key: SlotKey = [model, 'w']
  t.strictSame((checkpoint.adam.getSlot(key, 'm') as NdArray).shape, [4, 5])
})

t.test('with TensorFlow', async (t) => {
  withTensorFlow(t, (tensorflow) => {
    t.test('what was restored from TensorFlow is restored by it again', async (t) => {
      const expected = checkpointOf(readFixture('slots'), 'slots-1')
      const objects = program()
      await objects.checkpoint.restore(expected.prefix)
      const original = await tensorflow.call('restore_slots', { prefix: expected.prefix })
      t.strictSame(valuesOf(objects), original)
      for (const alignment of [1, 64]) {
        const prefix = await objects.checkpoint.write(join(t.testdir(), 'again'), { alignment })
        t.strictSame(await tensorflow.call('restore_slots', { prefix }), original)
      }
    })

    t.test('what TensorFlow trained goes on here, and goes back', async (t) => {
      const dir = t.testdir()
      const saved = (await tensorflow.call('save_slots', { prefix: join(dir, 'tf') })) as {
        prefix: string
        values: Described
      }
      const objects = program()
      const { adam, model, momentum, checkpoint } = objects
      ;(await checkpoint.read(saved.prefix)).assertConsumed()
      t.strictSame(valuesOf(objects), saved.values)
      const slots = [
        adam.getSlot([model, 'w'], 'v'),
        momentum.getSlot([model, 'w'], 'momentum'),
      ] as NdArray[]
      for (const slot of slots) slot.set(3, 4, 0.5)
      const replaced = zeros([5], 'float32')
      replaced.set(2, -7)
      adam.setSlot([model, 'b'], 'm', replaced)
      adam.beta1_power.value = 0.125
      const prefix = checkpoint.writeSync(join(dir, 'ours'))
      t.notSame(valuesOf(objects), saved.values)
      t.strictSame(
        await tensorflow.call('restore_slots', { prefix, read: true }),
        valuesOf(objects),
      )
    })
  })
})
