import { join } from 'node:path'
import t from 'tap'
import { nodeOf } from '../../lib/graph/trackable.js'
import { walk } from '../../lib/graph/walk.js'
import {
  Checkpoint,
  NdArray,
  NoDependency,
  NumpyState,
  trackable,
  Trackable,
  Variable,
  VariableState,
  zeros,
  type ArrayInput,
} from '../../lib/index.js'

/** Paths of the values that would be saved. */
const paths = (object: object): string[] =>
  walk(nodeOf(object, 'o')).values.map(({ key }) => key.replace(/\/?\.ATTRIBUTES\/\w+$/, ''))

/** A Trackable with any property. */
const bag = (properties: object = {}): Record<string, unknown> =>
  Object.assign(new Trackable(), properties) as unknown as Record<string, unknown>

/** Saves one object and restores it into another. */
async function copy(dir: string, from: object, to: object): Promise<void> {
  const path = await new Checkpoint({ o: from }).write(join(dir, 'ckpt'))
  const status = await new Checkpoint({ o: to }).read(path)
  status.assertConsumed()
}

class Layer extends Trackable {
  readonly weights = new NumpyState<Record<string, ArrayInput>>()
  readonly name: string

  constructor(name: string) {
    super()
    this.name = name
  }
}

class Dense extends Layer {
  bias = new Variable(new Float32Array(2))
  #scale = 1
  activation = (x: number): number => x * this.#scale
  static readonly kind = new Variable(0)

  get scale(): number {
    return this.#scale
  }

  set scale(scale: number) {
    this.#scale = scale
  }

  scaled(x: number): number {
    return this.activation(x)
  }
}

t.test('class fields that can be tracked are saved, of all levels of a class', async (t) => {
  const make = (name: string): Dense => {
    const dense = new Dense(name)
    dense.weights['w'] = Float32Array.of(1, 2)
    return dense
  }
  const [saved, restored] = [make('one'), new Dense('two')]
  t.ok(saved instanceof Layer && saved instanceof Trackable)
  t.strictSame(paths(saved), ['bias', 'weights/w'])
  saved.bias.value.set([3, 4])
  await copy(t.testdir(), saved, restored)
  t.strictSame(restored.bias.value, Float32Array.of(3, 4))
  t.strictSame((restored.weights['w'] as NdArray).data, Float32Array.of(1, 2))
  t.equal(restored.name, 'two', 'text stays with the program')
})

t.test('private fields, accessors and methods work as in any class', (t) => {
  const dense = new Dense('d')
  dense.scale = 3
  t.equal(dense.scale, 3)
  t.equal(dense.scaled(2), 6)
  t.strictSame(Object.keys(dense), ['weights', 'name', 'bias', 'activation'])
  const { bias } = dense
  t.equal(dense.bias, bias, 'properties give the very objects')
  t.equal(dense.constructor, Dense)
  t.end()
})

t.test('assigning, replacing and deleting', (t) => {
  const [a, b] = [new Variable(1), new Variable(2)]
  const object = bag({ a })
  object['b'] = b
  t.strictSame(paths(object), ['a', 'b'])
  object['a'] = 'no longer'
  t.strictSame(paths(object), ['b'])
  object['a'] = b
  t.strictSame(paths(object), ['a'], 'one object under its first name')
  delete object['a']
  t.strictSame(paths(object), ['b'])
  t.notOk('a' in object)
  t.strictSame({ ...object }, { b })
  t.end()
})

t.test('names of all kinds are names', async (t) => {
  const names = ['constructor', 'then', 'a/b', 'a.b', '.S', '', 'é😀', '0', '17', ' ', 'toString']
  const make = (value: number): Record<string, unknown> => {
    const object = bag()
    for (const name of names) object[name] = new Variable(value)
    Object.defineProperty(object, '__proto__', { value: new Variable(value), enumerable: true })
    return object
  }
  const [saved, restored] = [make(1), make(0)]
  await copy(t.testdir(), saved, restored)
  for (const name of [...names, '__proto__']) {
    t.equal((restored[name] as Variable).value, 1, name)
  }
  t.ok(restored instanceof Trackable)
  const symbol = Symbol('s')
  t.strictSame(paths(bag({ [symbol]: new Variable(1) })), [])
})

t.test('a state whose constructor is a child, and one of none', async (t) => {
  class Counter extends Trackable {
    count = 0
    serialize(): string {
      return String(this.count)
    }
    deserialize(bytes: Uint8Array): void {
      this.count = Number(Buffer.from(bytes).toString())
    }
  }
  const make = (count: number, constructor: unknown): Counter =>
    Object.assign(new Counter(), { count, constructor })
  for (const constructor of [undefined, null, 3]) {
    const restored = make(0, constructor)
    await copy(t.testdir(), make(5, constructor), restored)
    t.equal(restored.count, 5)
  }
  t.strictSame(paths(make(5, new Variable(1))), ['', 'constructor'])
  const message = /^serialize\(\) of 'Counter' must return/
  t.throws(() => paths(Object.assign(new Counter(), { serialize: () => 3 })), { message })
})

t.test('containers may mix what is saved with what is not', async (t) => {
  const make = (value: number): Record<string, unknown> =>
    bag({
      layers: [new Variable(value), { w: new Variable(value), name: 'x' }, null, 3],
      options: { rate: 0.1, schedule: [1, 2], state: new Variable(value) },
      log: [1, 2, 3],
      nothing: {},
    })
  const [saved, restored] = [make(1), make(0)]
  t.strictSame(paths(saved), ['layers/0', 'options/state', 'layers/1/w'])
  await copy(t.testdir(), saved, restored)
  t.match(restored, {
    layers: [{ value: 1 }, { w: { value: 1 }, name: 'x' }, null, 3],
    options: { rate: 0.1, state: { value: 1 } },
  })
  const layers = saved['layers'] as unknown[]
  layers.push(new Variable(2))
  const grown = ['layers/0', 'layers/4', 'options/state', 'layers/1/w']
  t.strictSame(paths(saved), grown, 'a container is saved as it is at that time')
})

t.test('an array as it is is refused, at the assignment or, in a container, by the save', (t) => {
  const object = bag({ w: new Variable(1) })
  const before = object['w']
  for (const array of [new Float32Array(2), Buffer.alloc(1), zeros([2])]) {
    t.throws(
      () => {
        object['w'] = array
      },
      { name: 'TypeError', message: /^'w' would not be saved: .* wrap it in NoDependency/ },
    )
    t.equal(object['w'], before)
    t.throws(() => bag({ scratch: array }), { message: /^'scratch' would not/ })
    const late = bag({ list: [new Variable(1), { array }] })
    t.throws(() => paths(late), { message: /^'list\/1\/array' would not be saved/ })
  }
  class Model extends Trackable {
    scratch = new Float64Array(3)
  }
  t.throws(() => new Model(), { message: /^'scratch' would not be saved/ })
  t.end()
})

t.test('NoDependency keeps anything out, by the name', (t) => {
  const scratch = new Float32Array(2)
  class Model extends Trackable {
    w = new Variable(1)
    scratch = new NoDependency(scratch) as unknown
    twin = new NoDependency(new Variable(2)) as unknown
  }
  const model = new Model()
  t.equal(model.scratch, scratch)
  t.strictSame(paths(model), ['w'])
  model.twin = new Variable(3)
  t.strictSame(paths(model), ['w', 'twin'])
  t.end()
})

t.test('frozen and sealed objects are saved and restored in place', async (t) => {
  const make = (value: number): Record<string, unknown> =>
    Object.freeze(bag({ w: new Variable(value), list: Object.freeze([new Variable(value)]) }))
  const [saved, restored] = [make(1), make(0)]
  await copy(t.testdir(), saved, restored)
  t.match(restored, { w: { value: 1 }, list: [{ value: 1 }] })
  t.ok(Object.isFrozen(restored))
  t.throws(() => {
    restored['w'] = new Variable(2)
  }, TypeError)
  t.ok(Object.isSealed(Object.seal(bag({ w: 1 }))))
})

t.test('cycles and shared objects are saved once', async (t) => {
  const make = (value: number): Record<string, unknown> => {
    const shared = new VariableState<{ w: NdArray }>()
    shared.w = zeros([1])
    shared.w.set(0, value)
    const object = bag({ one: bag({ shared }), two: { shared }, shared })
    object['self'] = object
    object['ring'] = [object, { up: object }]
    return object
  }
  const [saved, restored] = [make(7), make(0)]
  t.strictSame(paths(saved), ['shared/w'])
  await copy(t.testdir(), saved, restored)
  const { one, shared } = restored as { one: { shared: unknown }; shared: { w: NdArray } }
  t.equal(shared.w.get(0), 7)
  t.equal(one.shared, shared)
})

t.test('private children are saved if the class names them', async (t) => {
  class Agent extends Trackable {
    readonly #memory = new Variable(0)
    steps = new Variable(0);
    [trackable](): Record<string, unknown> {
      return { memory: this.#memory, steps: this.steps }
    }
    get memory(): Variable<number> {
      return this.#memory
    }
  }
  const [saved, restored] = [new Agent(), new Agent()]
  saved.memory.value = 3
  saved.steps.value = 4
  t.strictSame(paths(saved), ['steps', 'memory'])
  await copy(t.testdir(), saved, restored)
  t.equal(restored.memory.value, 3)
  t.equal(restored.steps.value, 4)
  Object.assign(saved, { memoryless: new Variable(0) })
  t.strictSame(paths(saved), ['steps', 'memoryless', 'memory'])
})

t.test('a name that a class gives to two children is refused', (t) => {
  class Agent extends Trackable {
    steps = new Variable(0);
    [trackable](): Record<string, unknown> {
      return { steps: new Variable(1) }
    }
  }
  const message =
    "'Agent' names a child 'steps' and has another one as its property; rename one of them"
  t.throws(() => paths(new Agent()), new TypeError(message))
  t.end()
})
