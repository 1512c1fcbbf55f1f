import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import {
  Checkpoint,
  List,
  NdArray,
  ndarray,
  NumpyState,
  openCheckpointSync,
  OptimizerState,
  Variable,
  VariableState,
  zeros,
  type ArrayInput,
  type SlotKey,
} from '../../lib/index.js'

type Weights = Record<string, ArrayInput>

class Adam extends OptimizerState {
  beta1_power = new Variable(0.9, 'float32')
}

const modelOf = (arrays: Weights): VariableState<Weights> =>
  Object.assign(new VariableState<Weights>(), arrays)

const floats = (...values: number[]): Float32Array => Float32Array.from(values)

/** A model of two arrays and a step, with slots of all three. */
function program() {
  const model = modelOf({ w: ndarray(floats(1, 2, 3, 4), [2, 2]), b: floats(5) })
  const scale = new Variable(2)
  const adam = new Adam()
  adam.setSlot([model, 'b'], 'm', floats(0.5))
  adam.setSlot([model, 'w'], 'm', ndarray(floats(6, 7, 8, 9), [2, 2]))
  adam.setSlot(scale, 'v', ndarray(Float64Array.of(0.25), []))
  return { model, scale, adam }
}

const dataOf = (slot: ArrayInput | undefined): unknown =>
  slot instanceof NdArray ? slot.data : slot

t.test('slots are got as they were set', (t) => {
  const { model, scale, adam } = program()
  const m = floats(1)
  adam.setSlot([model, 'b'], 'm', m)
  t.equal(adam.getSlot([model, 'b'], 'm'), m)
  t.equal(adam.getSlot([model, 'b'], 'v'), undefined)
  t.equal(adam.getSlot(scale, 'm'), undefined)
  t.equal(adam.getSlot([model, 'other'], 'm'), undefined)
  t.equal(adam.getSlot(new Variable(2), 'v'), undefined)
  t.strictSame(adam.getSlotNames(), ['m', 'v'])
  t.strictSame(new OptimizerState().getSlotNames(), [])
  model['b'] = floats(7)
  t.equal(adam.getSlot([model, 'b'], 'm'), m, 'another array of the same variable')
  delete model['b']
  model['b'] = floats(7)
  t.equal(adam.getSlot([model, 'b'], 'm'), undefined, 'another variable')
  t.end()
})

t.test('bad arguments are named', (t) => {
  const { model, scale, adam } = program()
  const set = (variable: unknown, name: unknown, array: unknown = floats(1)): object => {
    adam.setSlot(variable as SlotKey, name as string, array as ArrayInput)
    return adam
  }
  const cases: [() => unknown, RegExp][] = [
    [() => set({}, 'm'), /^expected a Variable, or \[state, name\] .*, got \{\}$/],
    [() => set(floats(1), 'm'), /^expected a Variable, .*got Float32Array/],
    [() => set([model], 'm'), /^expected a Variable/],
    [() => set([{}, 'w'], 'm'), /^expected a Variable/],
    [() => set([model, 'x'], 'm'), /^there is no array of that name in the state: .*'x' \]$/],
    [() => set([model, '__proto__'], 'm'), /^there is no array of that name/],
    [() => set(scale, 5), /^the name of a slot must be a string, got 5$/],
    [() => set(scale, 'm', 5), /^OptimizerState slot 'm' must be an array: .*got 5$/],
    [() => set(scale, 'm', { data: floats(1), shape: [2] }), /slot 'm' .*leaves the data/],
    [() => adam.getSlot(scale, 5 as unknown as string), /^the name of a slot/],
    [() => adam.getSlot('w' as unknown as SlotKey, 'm'), /^expected a Variable, .*got 'w'$/],
  ]
  for (const [call, message] of cases) t.throws(call, { name: 'TypeError', message })
  t.strictSame(adam.getSlotNames(), ['m', 'v'])
  adam.setSlot(
    scale,
    'm',
    new NdArray({ dtype: 'void', descr: '|S1', shape: [], data: new Uint8Array(1), itemsize: 1 }),
  )
  t.throws(
    () => new Checkpoint({ adam, scale }).writeSync(join(t.testdir(), 'x')),
    /^OptimizerState slot 'm' cannot be saved: /,
  )
  t.end()
})

t.test('slots are saved with their variables, and are nobody’s children', (t) => {
  const path = new Checkpoint(program()).writeSync(join(t.testdir(), 'x'))
  const reader = openCheckpointSync(path)
  t.strictSame(
    reader.variables().map(({ key }) => key.replace('/.ATTRIBUTES/VARIABLE_VALUE', '')),
    [
      '_CHECKPOINTABLE_OBJECT_GRAPH',
      'adam/beta1_power',
      'model/b',
      'model/b/.OPTIMIZER_SLOT/adam/m',
      'model/w',
      'model/w/.OPTIMIZER_SLOT/adam/m',
      'scale',
      'scale/.OPTIMIZER_SLOT/adam/v',
    ],
  )
  const [root, adam] = reader.objectGraph?.nodes ?? []
  t.equal(root?.children.length, 3)
  // By name, then in the order of the variables: 3 is scale, 5 is w, 6 is b.
  t.strictSame(
    adam?.slotVariables.map(({ slotName, originalVariableNodeId: id }) => [slotName, id]),
    [
      ['m', 5],
      ['m', 6],
      ['v', 3],
    ],
  )
  t.end()
})

t.test('a restore replaces slots and creates what is missing', async (t) => {
  const path = await new Checkpoint(program()).save(join(t.testdir(), 'x'))
  const model = modelOf({ w: zeros([2, 2], 'float32') })
  const [scale, adam] = [new Variable(0), new Adam()]
  adam.setSlot([model, 'w'], 'm', zeros([2, 2], 'float32'))
  const mine = floats(0)
  adam.setSlot(scale, 'mine', mine)
  const checkpoint = new Checkpoint({ adam, model, scale })
  const status = await checkpoint.restore(path)
  t.strictSame(status.missingInProgram, [])
  t.strictSame(
    status.missingInCheckpoint.map(({ key }) => key),
    ['scale/.OPTIMIZER_SLOT/adam/mine/.ATTRIBUTES/VARIABLE_VALUE'],
  )
  t.equal(status.restored, 8)
  t.strictSame(dataOf(adam.getSlot([model, 'w'], 'm')), floats(6, 7, 8, 9))
  t.strictSame(dataOf(adam.getSlot([model, 'b'], 'm')), floats(0.5))
  t.strictSame(dataOf(adam.getSlot(scale, 'v')), Float64Array.of(0.25))
  t.equal(adam.getSlot(scale, 'mine'), mine)
  t.strictSame(adam.getSlotNames(), ['m', 'mine', 'v'])
  t.equal(scale.value, 2)
})

t.test('a typed array stays one, and another shape is a mismatch', (t) => {
  const path = new Checkpoint(program()).writeSync(join(t.testdir(), 'x'))
  const model = modelOf({ b: floats(0) })
  const adam = new Adam()
  adam.setSlot([model, 'b'], 'm', floats(0))
  const checkpoint = new Checkpoint({ adam, model })
  checkpoint.readSync(path)
  t.strictSame(adam.getSlot([model, 'b'], 'm'), floats(0.5))
  adam.setSlot([model, 'b'], 'm', floats(1, 2))
  model['b'] = floats(0)
  t.throws(() => checkpoint.readSync(path), {
    code: 'CKPT_MISMATCH',
    details: {
      key: 'model/b/.OPTIMIZER_SLOT/adam/m/.ATTRIBUTES/VARIABLE_VALUE',
      expected: 'float32 [2]',
      found: 'float32 [1]',
    },
  })
  t.strictSame(model['b'], floats(0), 'nothing has changed')
  t.strictSame(adam.getSlot([model, 'b'], 'm'), floats(1, 2))
  t.end()
})

t.test('slots whose variable is not in the program wait for it', (t) => {
  const dir = t.testdir()
  const path = new Checkpoint(program()).writeSync(join(dir, 'x'))
  const adam = new Adam()
  const checkpoint = new Checkpoint<Record<string, object>>({ adam })
  const status = checkpoint.readSync(path)
  const waiting = (): string[] =>
    status.missingInProgram
      .map(({ key }) => key.replace('/.ATTRIBUTES/VARIABLE_VALUE', ''))
      .filter((key) => key.includes('SLOT'))
  t.strictSame(waiting(), [
    'model/w/.OPTIMIZER_SLOT/adam/m',
    'model/b/.OPTIMIZER_SLOT/adam/m',
    'scale/.OPTIMIZER_SLOT/adam/v',
  ])
  t.strictSame(adam.getSlotNames(), [])
  t.throws(() => status.assertConsumed(), { code: 'CKPT_MISMATCH' })
  const scale = new Variable(0)
  checkpoint['scale'] = scale
  t.strictSame(dataOf(adam.getSlot(scale, 'v')), Float64Array.of(0.25))
  const model = modelOf({})
  checkpoint['model'] = model
  t.strictSame(dataOf(adam.getSlot([model, 'b'], 'm')), floats(0.5))
  t.strictSame(dataOf(adam.getSlot([model, 'w'], 'm')), floats(6, 7, 8, 9))
  status.assertConsumed()
  t.strictSame(waiting(), [])
  t.end()
})

t.test('an optimizer that comes after the restore takes its slots then', (t) => {
  const path = new Checkpoint(program()).writeSync(join(t.testdir(), 'x'))
  const [model, scale] = [modelOf({}), new Variable(0)]
  const checkpoint = new Checkpoint<Record<string, object>>({ model, scale })
  const status = checkpoint.readSync(path)
  const adam = new Adam()
  adam.beta1_power.value = 0
  adam.setSlot([model, 'b'], 'm', floats(1, 2))
  t.throws(
    () => {
      checkpoint['adam'] = adam
    },
    { code: 'CKPT_MISMATCH' },
  )
  t.equal(adam.beta1_power.value, 0)
  t.strictSame(adam.getSlotNames(), ['m'])
  adam.setSlot([model, 'b'], 'm', floats(0))
  checkpoint['adam'] = adam
  t.equal(adam.beta1_power.value, Math.fround(0.9))
  t.strictSame(adam.getSlot([model, 'b'], 'm'), floats(0.5))
  t.strictSame(adam.getSlotNames(), ['m', 'v'])
  status.assertConsumed()
  t.end()
})

t.test('variables anywhere, any names, and an optimizer as the root', (t) => {
  const dir = t.testdir()
  const names = ['__proto__', 'a/b', 'a.b', '']
  const build = (fill: boolean) => {
    const layers = new List([new Variable(1), new Variable(2)])
    const arrays = Object.assign(new NumpyState<Weights>(), { x: floats(1) })
    const adam = new Adam()
    const set = (variable: SlotKey, name: string, i: number): void => {
      if (fill) adam.setSlot(variable, name, floats(i))
    }
    names.forEach((name, i) => {
      set(layers[0] as Variable, name, i)
    })
    set([arrays, 'x'], 'm', 7)
    return { layers, arrays, adam }
  }
  const saved = build(true)
  const path = new Checkpoint({ ...saved }).writeSync(join(dir, 'x'))
  const target = build(false)
  new Checkpoint({ ...target }).readSync(path).assertConsumed()
  names.forEach((name, i) => {
    t.strictSame(dataOf(target.adam.getSlot(target.layers[0] as Variable, name)), floats(i), name)
  })
  t.strictSame(dataOf(target.adam.getSlot([target.arrays, 'x'], 'm')), floats(7))
  const rooted = new Checkpoint({ root: saved.adam, w: saved.layers }).writeSync(join(dir, 'y'))
  t.ok(
    openCheckpointSync(rooted).has('w/0/.OPTIMIZER_SLOT//a.Sb/.ATTRIBUTES/VARIABLE_VALUE'),
    'the path of the root is empty',
  )
  const again = build(false)
  new Checkpoint({ root: again.adam, w: again.layers }).readSync(rooted).assertConsumed()
  t.strictSame(dataOf(again.adam.getSlot(again.layers[0] as Variable, 'a/b')), floats(1))
  t.end()
})

t.test('without slots it is a Trackable', (t) => {
  const adam = new Adam()
  const path = new Checkpoint({ adam }).writeSync(join(t.testdir(), 'x'))
  const other = new Adam()
  other.beta1_power.value = 0
  const status = new Checkpoint({ adam: other }).readSync(path, { skipSlotVariables: true })
  status.assertConsumed()
  t.equal(other.beta1_power.value, Math.fround(0.9))
  t.match(inspect(adam), /^Adam \{ beta1_power: Variable float32/)
  t.throws(() => {
    Object.assign(adam, { m: floats(1) })
  }, /'m' would not be saved/)
  t.end()
})

t.test('one with a state of its own takes its slots as well, before and after', (t) => {
  class Scheduled extends Adam {
    rate = 1
    serialize(): string {
      return String(this.rate)
    }
    deserialize(bytes: Uint8Array): void {
      this.rate = Number(Buffer.from(bytes).toString())
    }
  }
  const [w, saved] = [new Variable(floats(1)), new Scheduled()]
  saved.rate = 0.5
  saved.setSlot(w, 'm', floats(7))
  const path = new Checkpoint({ w, adam: saved }).writeSync(join(t.testdir(), 'x'))
  for (const isLate of [false, true]) {
    const adam = new Scheduled()
    const checkpoint = new Checkpoint(isLate ? { w } : { w, adam })
    const status = checkpoint.readSync(path)
    if (isLate) Object.assign(checkpoint, { adam })
    t.equal(adam.rate, 0.5)
    t.strictSame(dataOf(adam.getSlot(w, 'm')), floats(7))
    status.assertConsumed()
  }
  t.end()
})
