// Restores that come before the objects: every kind of object, attached in every way.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  JsonState,
  List,
  Mapping,
  NumpyState,
  OptimizerState,
  splitDependency,
  Trackable,
  trackable,
  UniqueNameTracker,
  Variable,
  VariableState,
  type ArrayInput,
  type NdArray,
  type RestoreStatus,
} from '../../lib/index.js'

/** An object that holds `values`, or the same object of a program that has just begun. */
interface Kind<T extends object = object> {
  readonly make: (values: readonly [number, number]) => T
  readonly read: (object: T) => unknown
}

const kind = <T extends object>(make: Kind<T>['make'], read: Kind<T>['read']): Kind =>
  ({ make, read }) as unknown as Kind

type Arrays = Record<string, ArrayInput>

const pair = ([a, b]: readonly [number, number]): [Variable<number>, Variable<number>] => [
  new Variable(a),
  new Variable(b),
]

const valuesOf = (variables: Iterable<Variable<number>>): number[] =>
  Array.from(variables, ({ value }) => value)

class Agent extends Trackable {
  readonly a: Variable<number>
  readonly inner: { b: Variable<number> }

  constructor(values: readonly [number, number]) {
    super()
    const [a, b] = pair(values)
    this.a = a
    this.inner = { b }
  }
}

class Momentum extends OptimizerState {
  readonly trained: Variable<number>

  constructor([a, b]: readonly [number, number]) {
    super()
    this.trained = new Variable(a)
    this.setSlot(this.trained, 'm', Float64Array.of(b))
  }
}

class Fused extends Trackable {
  readonly #values: number[]

  constructor(values: readonly [number, number]) {
    super()
    const held = (this.#values = [...values])
    const fill = () => ({
      a: Float64Array.of(held[0] ?? NaN),
      b: Float64Array.of(held[1] ?? NaN),
    })
    const consume = (values: Record<'a' | 'b', NdArray>): void => {
      held.splice(0, 2, values.a.get(0) as number, values.b.get(0) as number)
    }
    Object.assign(this, splitDependency(['a', 'b'], ['float64', 'float64'], fill, consume))
  }

  get values(): readonly number[] {
    return this.#values
  }
}

const stateKind = (create: () => Arrays): Kind =>
  kind<Arrays>(
    ([a, b]) => Object.assign(create(), { a: Float64Array.of(a), b: Float64Array.of(b) }),
    ({ a, b }) => [a, b],
  )

const KINDS: Record<string, Kind> = {
  Variable: kind(
    ([a]) => new Variable(a),
    ({ value }) => value,
  ),
  NumpyState: stateKind(() => new NumpyState<Arrays>()),
  VariableState: stateKind(() => new VariableState<Arrays>()),
  JsonState: kind(
    (values) => new JsonState<unknown>({ values }),
    ({ value }) => value,
  ),
  List: kind((values) => new List(pair(values)), valuesOf),
  Mapping: kind(
    (values) => new Mapping(Object.entries(pair(values))),
    (mapping) => valuesOf(mapping.values()),
  ),
  UniqueNameTracker: kind(
    (values) => {
      const tracker = new UniqueNameTracker()
      const variables = pair(values).map((variable) => tracker.track(variable, 'x'))
      return Object.assign(tracker, { variables })
    },
    ({ variables }) => valuesOf(variables),
  ),
  Checkpoint: kind(
    (values) => new Checkpoint({ list: pair(values) }),
    ({ list }) => valuesOf(list),
  ),
  'a class that extends Trackable': kind(
    (values) => new Agent(values),
    ({ a, inner }) => valuesOf([a, inner.b]),
  ),
  'a class with the symbol': kind(
    (values) => {
      const [a, b] = pair(values)
      return { a, b, [trackable]: () => ({ a, b }) }
    },
    ({ a, b }) => valuesOf([a, b]),
  ),
  'a class that serializes itself': kind(
    ([a]) => ({
      state: String(a),
      serialize(): string {
        return this.state
      },
      deserialize(bytes: Uint8Array): void {
        this.state = Buffer.from(bytes).toString()
      },
    }),
    ({ state }) => state,
  ),
  'a plain array': kind<Variable<number>[]>(pair, valuesOf),
  'a plain object': kind(
    (values) => ({ deep: { list: pair(values) } }),
    ({ deep }) => valuesOf(deep.list),
  ),
  splitDependency: kind(
    (values) => new Fused(values),
    ({ values }) => values,
  ),
  OptimizerState: kind(
    (values) => new Momentum(values),
    (optimizer) => [optimizer.trained.value, optimizer.getSlot(optimizer.trained, 'm')],
  ),
}

/** The children of a root, how an object comes below them, and what is to be called then. */
interface Place {
  readonly children: object
  readonly attach: (object: object) => void
  readonly fill?: (status: RestoreStatus) => void
}

class Holder extends Trackable {
  declare late?: object
}

const PLACES: Record<string, () => Place> = {
  'a property of a Trackable': () => {
    const holder = new Holder()
    return { children: { holder }, attach: (object) => (holder.late = object) }
  },
  'a property of a nested Checkpoint': () => {
    const inner = new Checkpoint<{ late?: object }>({})
    return { children: { inner }, attach: (object) => (inner.late = object) }
  },
  'a List': () => {
    const list = new List()
    return {
      children: { list },
      attach: (object) => {
        list.append(object)
      },
    }
  },
  'a List, by its index': () => {
    const list = new List()
    return { children: { list }, attach: (object) => (list[0] = object) }
  },
  'a Mapping': () => {
    const mapping = new Mapping<object>()
    return { children: { mapping }, attach: (object) => mapping.set('late', object) }
  },
  'a UniqueNameTracker': () => {
    const tracker = new UniqueNameTracker()
    return { children: { tracker }, attach: (object) => tracker.track(object, 'late') }
  },
  'a plain array, with runRestoreOps': () => {
    const list: object[] = []
    return {
      children: { list },
      attach: (object) => list.push(object),
      fill: (status) => status.runRestoreOps(),
    }
  },
  'a plain object, with initializeOrRestore': () => {
    const record: Record<string, object> = {}
    return {
      children: { record },
      attach: (object) => (record['late'] = object),
      fill: (status) => status.initializeOrRestore(),
    }
  },
}

const SAVED = [1.5, -2] as const
const NEW = [0, 0] as const

for (const [name, { make, read }] of Object.entries(KINDS)) {
  t.test(`${name} takes its values when it is attached to a Checkpoint`, async (t) => {
    const base = join(t.testdir(), 'ckpt')
    const path = await new Checkpoint({ late: make(SAVED) }).save(base)
    for (const mode of ['map', 'load'] as const) {
      const checkpoint = new Checkpoint<{ late?: object }>({})
      const status = await checkpoint.restore(path, { mode })
      t.equal(status.restored, 1, 'the counter')
      t.throws(() => status.assertConsumed(), { code: 'CKPT_MISMATCH' })
      checkpoint.late = make(NEW)
      t.strictSame(read(checkpoint.late), read(make(SAVED)))
      status.assertConsumed().runRestoreOps()
      const another = make(NEW)
      checkpoint.late = another
      t.strictSame(read(another), read(make(NEW)), 'the first of a name only, as in TensorFlow')
    }
  })

  t.test(`${name} takes its values however it is attached`, (t) => {
    const dir = t.testdir()
    for (const [name, place] of Object.entries(PLACES)) {
      const path = join(dir, 'x')
      const saved = place()
      saved.attach(make(SAVED))
      new Checkpoint(saved.children).writeSync(path)
      const { children, attach, fill } = place()
      const status = new Checkpoint(children).readSync(path)
      t.equal(status.restored, 0)
      // What comes later is read from the mappings.
      rmSync(`${path}.index`)
      rmSync(`${path}.data-00000-of-00001`)
      const late = make(NEW)
      attach(late)
      fill?.(status)
      t.strictSame(read(late), read(make(SAVED)), name)
      status.assertConsumed()
    }
    t.end()
  })
}

t.test('containers that come empty take the values of what comes into them', (t) => {
  const path = join(t.testdir(), 'x')
  const tree = { agents: { a: [{ w: new Variable(1) }], b: { list: [new Variable(2)] } } }
  new Checkpoint(tree).writeSync(path)
  const checkpoint = new Checkpoint<{ agents?: object }>({})
  const status = checkpoint.readSync(path)
  const agents = new Mapping<object>()
  checkpoint.agents = agents
  const a = new List()
  agents.set('a', a)
  const member = new Holder() as Holder & { w: object }
  a.append(member)
  const w = new Variable(0)
  member.w = w
  t.equal(w.value, 1)
  const b = new Checkpoint<{ list?: object }>({})
  agents.set('b', b)
  const two = new Variable(0)
  b.list = new List([two])
  t.equal(two.value, 2)
  t.equal(status.assertConsumed().restored, 2)
  t.end()
})

t.test('an object that was filled late is restored by the next restore as all others are', (t) => {
  const dir = t.testdir()
  const write = (value: number): string =>
    new Checkpoint({ list: new List([new Variable(value)]) }).writeSync(join(dir, String(value)))
  const [one, two] = [write(1), write(2)]
  const list = new List()
  const checkpoint = new Checkpoint({ list })
  checkpoint.readSync(one)
  checkpoint.readSync(two)
  const late = new Variable(0)
  list.append(late)
  t.equal(late.value, 2, 'by the newest of those that waited for it')
  checkpoint.readSync(one)
  t.equal(late.value, 1)
  t.end()
})

t.test('an object that comes while a restore is under way is part of it', async (t) => {
  const path = join(t.testdir(), 'x')
  const halves = (): { list: List; fused: Fused; checkpoint: Checkpoint } => {
    const list = new List()
    return { list, fused: new Fused(NEW), checkpoint: new Checkpoint({ list }) }
  }
  new Checkpoint({ list: [new Variable(1), new Fused(SAVED)] }).writeSync(path)
  for (const mode of ['map', 'load'] as const) {
    const { list, fused, checkpoint } = halves()
    const restoring = checkpoint.restore(path, { mode })
    const variable = new Variable(0)
    list.extend([variable, fused])
    const status = await restoring
    t.equal(variable.value, 1)
    t.strictSame(fused.values, SAVED)
    t.equal(status.assertConsumed().restored, 3)
  }
})
