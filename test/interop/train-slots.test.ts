// TensorFlow 1's Adam and Momentum, which keep slot variables, and OptimizerState.
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  NdArray,
  OptimizerState,
  Trackable,
  Variable,
  VariableState,
  zeros,
  type SlotKey,
} from '../../lib/index.js'
import { describeAll, graphOf, outline } from './bundle-values'
import { isClose, type Numbers } from './numbers'
import { withTensorFlow, type TensorFlow } from './tensorflow'

interface Trained {
  readonly prefix: string
  readonly saved: Numbers
  /** Of `w` and `b`. */
  readonly gradients: readonly [readonly number[], readonly number[]]
  /** After a step of these gradients. */
  readonly stepped: Numbers
}

type Weights = Record<'w' | 'b', NdArray>

/** Two weights, as arrays of a state or each in a Variable. */
interface Model {
  readonly object: object
  array(name: 'w' | 'b'): NdArray
  key(name: 'w' | 'b'): SlotKey
}

const SHAPES = { w: [4, 5], b: [5] } as const
const NAMES = ['w', 'b'] as const

function stateModel(): Model {
  const object = new VariableState<Weights>()
  for (const name of NAMES) object[name] = zeros(SHAPES[name], 'float32')
  return { object, array: (name) => object[name], key: (name) => [object, name] }
}

function variableModel(): Model {
  const variables = {
    w: new Variable<NdArray>(zeros(SHAPES.w, 'float32')),
    b: new Variable<NdArray>(zeros(SHAPES.b, 'float32')),
  }
  const object = Object.assign(new Trackable(), variables)
  return { object, array: (name) => variables[name].value, key: (name) => variables[name] }
}

const MODELS = { 'arrays of a VariableState': stateModel, Variables: variableModel }

class Adam extends OptimizerState {
  readonly beta1_power: Variable<number> = new Variable(1, 'float32')
  readonly beta2_power: Variable<number> = new Variable(1, 'float32')
}

const f = Math.fround

/** Elements of the target from those of others at the same place; stored as float32. */
function update(
  target: Float32Array,
  others: readonly [Float32Array, Float32Array?],
  next: (target: number, first: number, second: number) => number,
): void {
  const [first, second = first] = others
  target.set(target.map((x, i) => next(x, first[i] as number, second[i] as number)))
}

/** core/kernels/training_ops.cc, ApplyAdam and ApplyMomentum, in float32. */
class Program {
  readonly root: Checkpoint = new Checkpoint()
  readonly model: Model
  readonly adam: Adam = new Adam()
  readonly momentum: OptimizerState = new OptimizerState()

  constructor(makeModel: () => Model) {
    this.model = makeModel()
  }

  attach(): void {
    Object.assign(this.root, {
      adam: this.adam,
      model: this.model.object,
      momentum: this.momentum,
    })
  }

  slot(optimizer: 'adam' | 'momentum', name: 'w' | 'b', slot: string): NdArray | undefined {
    return this[optimizer].getSlot(this.model.key(name), slot) as NdArray | undefined
  }

  #data(optimizer: 'adam' | 'momentum', name: 'w' | 'b', slot: string): Float32Array {
    const array = this[optimizer].getSlot(this.model.key(name), slot)
    if (!(array instanceof NdArray)) throw new Error(`${name} has no slot ${slot}`)
    return array.data as Float32Array
  }

  step(gradients: Trained['gradients']): void {
    const { beta1_power: power1, beta2_power: power2 } = this.adam
    const alpha = f(f(f(0.1) * f(Math.sqrt(f(1 - power2.value)))) / f(1 - power1.value))
    const [rest1, rest2] = [f(1 - f(0.9)), f(1 - f(0.999))]
    for (const [i, name] of NAMES.entries()) {
      const g = Float32Array.from(gradients[i] ?? [])
      const w = this.model.array(name).data as Float32Array
      const [m, v] = [this.#data('adam', name, 'm'), this.#data('adam', name, 'v')]
      update(m, [g], (m, g) => m + f(f(g - m) * rest1))
      update(v, [g], (v, g) => v + f(f(f(g * g) - v) * rest2))
      update(w, [m, v], (w, m, v) => w - f(f(m * alpha) / f(f(Math.sqrt(v)) + f(1e-8))))
    }
    power1.value = f(power1.value * f(0.9))
    power2.value = f(power2.value * f(0.999))
    const accumulated = this.#data('momentum', 'w', 'momentum')
    update(accumulated, [Float32Array.from(gradients[0])], (a, g) => f(a * f(0.9)) + g)
    update(this.model.array('w').data as Float32Array, [accumulated], (w, a) => w - f(a * f(0.1)))
  }

  /** By the keys of a checkpoint, as tf_slots.py. */
  numbers(): Numbers {
    const arrays = NAMES.flatMap((name) => [
      [`model/${name}`, this.model.array(name)] as const,
      ...(['adam', 'momentum'] as const).flatMap((optimizer) =>
        this[optimizer].getSlotNames().flatMap((slot) => {
          const array = this.slot(optimizer, name, slot)
          const key = `model/${name}/.OPTIMIZER_SLOT/${optimizer}/${slot}`
          return array === undefined ? [] : [[key, array] as const]
        }),
      ),
    ])
    return {
      'adam/beta1_power': [this.adam.beta1_power.value],
      'adam/beta2_power': [this.adam.beta2_power.value],
      ...Object.fromEntries(arrays.map(([key, { data }]) => [key, Array.from(data, Number)])),
    }
  }
}

withTensorFlow(t, (tensorflow: TensorFlow) => {
  const train = (directory: string): Promise<Trained> =>
    tensorflow.call('train_with_slots', { base: join(directory, 'slots') }) as Promise<Trained>

  for (const [kind, makeModel] of Object.entries(MODELS)) {
    t.test(`slots of ${kind}: restored from TensorFlow, and saved again`, async (t) => {
      const directory = t.testdir()
      const { prefix, saved } = await train(directory)
      for (const later of [false, true]) {
        const program = new Program(makeModel)
        if (!later) program.attach()
        const status = await program.root.restore(prefix)
        if (later) program.attach()
        status.assertConsumed()
        t.strictSame(program.numbers(), saved)
        const again = await program.root.write(join(directory, `again-${String(later)}`))
        t.strictSame(await describeAll(again), await describeAll(prefix))
        if (!later) t.strictSame(outline(await graphOf(again)), outline(await graphOf(prefix)))
      }
    })

    t.test(`slots of ${kind}: a step of ours, then TensorFlow goes on`, async (t) => {
      const directory = t.testdir()
      const { prefix, gradients, stepped } = await train(directory)
      const program = new Program(makeModel)
      program.attach()
      await program.root.restore(prefix)
      program.step(gradients)
      const numbers = program.numbers()
      isClose(t, numbers, stepped, 1e-6, "our step and TensorFlow's")
      const ours = await program.root.save(join(directory, 'ours'))
      const found: unknown[] = []
      for (const later of [false, true]) {
        const request = { prefix: ours, later }
        const { restored, ...rest } = (await tensorflow.call('go_on_with_slots', request)) as {
          readonly restored: Numbers
          readonly stepped: Numbers
        }
        t.strictSame(restored, numbers)
        found.push(rest)
      }
      t.strictSame(found[0], found[1], 'the training that goes on')
      t.notMatch(found[0], { stepped: numbers })
    })

    t.test(`slots of ${kind}: skipped if that is asked for`, async (t) => {
      const { prefix, saved } = await train(t.testdir())
      const program = new Program(makeModel)
      program.attach()
      const kept = zeros([5], 'float32')
      program.adam.setSlot(program.model.key('b'), 'm', kept)
      const status = await program.root.restore(prefix, { skipSlotVariables: true })
      status.assertConsumed()
      const isSlot = ([key]: [string, unknown]): boolean => key.includes('/.OPTIMIZER_SLOT/')
      const others = Object.entries(saved).filter((entry) => !isSlot(entry))
      t.match(program.numbers(), Object.fromEntries(others))
      t.strictSame(program.adam.getSlotNames(), ['m'])
      t.equal(program.slot('adam', 'b', 'm'), kept)

      await program.root.restore(prefix)
      const ours = await program.root.save(join(t.testdir(), 'ours'))
      const theirs = (await tensorflow.call('skip_slots', { prefix: ours })) as {
        readonly before: Numbers
        readonly restored: Numbers
      }
      const slots = Object.entries(theirs.before).filter(isSlot)
      t.equal(slots.length, 5)
      t.strictSame(theirs.restored, Object.fromEntries([...others, ...slots]))
    })
  }
})
