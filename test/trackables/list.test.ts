import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import {
  Checkpoint,
  List,
  NumpyState,
  openCheckpointSync,
  Variable,
  zeros,
} from '../../lib/index.js'
import { stateOf } from '../checkpoint/files'

const numbers = (...values: number[]): Variable<number>[] =>
  values.map((value) => new Variable(value))

const valuesOf = (list: Iterable<Variable<number>>): number[] =>
  Array.from(list, ({ value }) => value)

t.test('it grows at its end, and is read as an array is', (t) => {
  const [a, b, c] = numbers(1, 2, 3) as [Variable<number>, Variable<number>, Variable<number>]
  const list = new List([a])
  list.append(b)
  list[2] = c
  t.equal(list.length, 3)
  t.equal(list[0], a)
  t.equal(list.at(1), b)
  t.equal(list.at(-1), c)
  t.equal(list.at(1.9), b)
  t.equal(list.at(NaN), a)
  t.equal(list.at(3), undefined)
  t.equal(list.at(-4), undefined)
  t.equal(list[3], undefined)
  t.strictSame([...list], [a, b, c])
  t.strictSame(Object.keys(list), ['0', '1', '2'])
  t.ok(0 in list && Object.hasOwn(list, '2') && 'length' in list)
  t.notOk(3 in list)
  t.ok(list instanceof List)
  t.end()
})

t.test('extend and concat take any iterable', (t) => {
  const list = new List(new Set(numbers(1, 2)))
  const longer = list.concat(numbers(3))
  list.extend(list)
  t.strictSame(valuesOf(list), [1, 2, 1, 2])
  t.strictSame(valuesOf(longer), [1, 2, 3])
  t.ok(longer instanceof List)
  t.strictSame(valuesOf(longer.concat(list)), [1, 2, 3, 1, 2, 1, 2])
  t.equal(new List().length, 0)
  for (const wrong of [5, null, 'ab', {}]) {
    const values = wrong as unknown as Iterable<object>
    const message = /^expected an iterable of trackable objects, got /
    t.throws(() => new List(values), { name: 'TypeError', message })
    t.throws(() => new List().concat(values), { name: 'TypeError', message })
  }
  t.end()
})

t.test('what cannot be tracked is refused, naming the index and the value', (t) => {
  const list = new List<object>(numbers(1))
  const cases: [unknown, RegExp][] = [
    [3, /^'List\[1\]' cannot be saved: .*got 3; numbers are saved in a Variable$/],
    [undefined, /got undefined$/],
    ['text', /^'List\[1\]'.*got 'text'$/],
    [zeros([2]), /^'List\[1\]'.*arrays are saved as properties of a NumpyState/],
    [new Date(0), /^'List\[1\]'/],
  ]
  for (const [value, message] of cases) {
    const element = value as object
    const error = { name: 'TypeError', message }
    t.throws(() => {
      list.append(element)
    }, error)
    t.throws(() => {
      list[1] = element
    }, error)
    t.throws(() => {
      list.extend([element])
    }, error)
    t.equal(list.length, 1)
  }
  t.throws(
    () => {
      list.extend([...numbers(2, 3), 4 as unknown as object])
    },
    { message: /^'List\[3\]' cannot be saved/ },
  )
  t.equal(list.length, 1, 'none of them')
  t.throws(() => new List([5 as unknown as object]), { message: /^'List\[0\]'.*got 5/ })
  t.end()
})

t.test('it is append-only', (t) => {
  const [a, b] = numbers(1, 2) as [Variable<number>, Variable<number>]
  const list = new List([a, b]) as List & Record<string | symbol, unknown>
  const set = (key: string | symbol, value: unknown = b) => {
    t.throws(
      () => {
        list[key] = value
      },
      { name: 'TypeError', message: /^cannot set \[.*\] of a List: it is append-only/ },
      String(key),
    )
  }
  for (const key of ['0', '3', '-1', '01', '1.5', 'length', 'append', 'foo', '', Symbol('s')])
    set(key)
  t.throws(() => {
    list[0] = b
  }, /^cannot set \[0\] of a List/)
  list[0] = a
  t.throws(() => delete list[0], { name: 'TypeError', message: /^cannot delete \[0\]/ })
  t.ok(delete list[2], 'there is none')
  t.throws(() => Object.defineProperty(list, '2', { value: a }), /^cannot define \[2\]/)
  t.throws(() => Object.freeze(list), TypeError)
  t.throws(() => (list as unknown as unknown[]).pop(), TypeError)
  t.strictSame([...list], [a, b])
  t.end()
})

t.test('it is printed as what it holds', (t) => {
  const list = new List<object>(numbers(1, 2))
  t.equal(
    inspect(list, { breakLength: Infinity }),
    'List(2) [ Variable float64 [] 1, Variable float64 [] 2 ]',
  )
  t.equal(inspect(new List()), 'List(0) []')
  t.equal(inspect([[[list]]], { depth: 2 }), '[ [ [ [List] ] ] ]')
  const cyclic = new List()
  cyclic.append(cyclic)
  t.equal(inspect(cyclic, { depth: Infinity }), 'List(1) [ [Circular List] ]')
  t.equal(inspect([cyclic, cyclic], { depth: 0 }), '[ [List], [List] ]')
  t.end()
})

t.test('a class may extend it', (t) => {
  class Layers extends List<Variable<number>> {
    readonly #scale = 2
    get total(): number {
      return valuesOf(this).reduce((sum, value) => sum + value, 0) * this.#scale
    }
  }
  const layers = new Layers(numbers(1, 2))
  t.equal(layers.total, 6)
  t.ok(layers instanceof Layers)
  class Named extends List {
    readonly name = 'a'
  }
  t.throws(() => new Named(), /cannot define \['name'\]/, 'which would not be saved')
  t.end()
})

t.test('elements are saved under their indices', (t) => {
  const path = join(t.testdir(), 'x')
  const shared = new Variable(3)
  const list = new List<object>([
    new Variable(1),
    stateOf({ w: zeros([2]) }),
    [new Variable(2)],
    { a: shared },
    new List([shared]),
  ])
  new Checkpoint({ list }).writeSync(path)
  const reader = openCheckpointSync(path)
  t.strictSame(
    reader.variables().map(({ key }) => key.replace(/\/\.ATTRIBUTES.*/, '')),
    ['_CHECKPOINTABLE_OBJECT_GRAPH', 'list/0', 'list/1/w', 'list/2/0', 'list/3/a'],
  )
  const [root, saved] = reader.objectGraph?.nodes ?? []
  t.strictSame(root?.children, [{ nodeId: 1, localName: 'list' }])
  t.strictSame(
    saved?.children.map(({ localName }) => localName),
    ['0', '1', '2', '3', '4'],
  )
  const target = new List<object>([
    new Variable(0),
    new NumpyState(),
    [new Variable(0)],
    { a: new Variable(0) },
  ])
  const status = new Checkpoint({ list: target }).readSync(path)
  t.strictSame(status.assertConsumed().restored, 4, 'the shared one is there')
  t.match(inspect(target), /Variable float64 \[\] 1,[^]*w: NdArray[^]*\[\] 2 \][^]*\[\] 3/)
  t.end()
})

t.test('it is interchangeable with a plain array', (t) => {
  const dir = t.testdir()
  const ours = new Checkpoint({ list: new List(numbers(1, 2)) }).writeSync(join(dir, 'list'))
  const plain = new Checkpoint({ list: numbers(3, 4) }).writeSync(join(dir, 'array'))
  const array = numbers(0, 0)
  new Checkpoint({ list: array }).readSync(ours).assertConsumed()
  t.strictSame(valuesOf(array), [1, 2])
  const list = new List(numbers(0, 0))
  new Checkpoint({ list }).readSync(plain).assertConsumed()
  t.strictSame(valuesOf(list), [3, 4])
  t.end()
})

t.test('what is appended after a restore takes its values then', (t) => {
  const path = join(t.testdir(), 'x')
  new Checkpoint({ list: new List<object>([...numbers(1, 2), numbers(3)]) }).writeSync(path)
  const list = new List<object>(numbers(0))
  const status = new Checkpoint({ list }).readSync(path)
  t.equal(status.restored, 1)
  const [second, late, more] = numbers(0, 0, 0)
  list.append(second as object)
  t.equal(second?.value, 2)
  list[2] = [late]
  t.equal(late?.value, 3)
  status.assertConsumed()
  list.append(more as object)
  t.equal(more?.value, 0)
  t.match(status.missingInCheckpoint, [{ key: 'list/3/.ATTRIBUTES/VARIABLE_VALUE' }])
  t.end()
})

t.test('an element that does not fit its saved values is not appended', (t) => {
  const path = join(t.testdir(), 'x')
  new Checkpoint({ list: new List(numbers(1, 2, 3)) }).writeSync(path)
  const list = new List<object>(numbers(0))
  new Checkpoint({ list }).readSync(path)
  t.throws(
    () => {
      list.extend([...numbers(0), new Variable(zeros([2]))])
    },
    { code: 'CKPT_MISMATCH' },
  )
  t.equal(list.length, 2, 'what stood before it was added')
  t.throws(
    () => {
      list.append(new Variable(zeros([2])))
    },
    { code: 'CKPT_MISMATCH' },
  )
  list.extend(numbers(0))
  t.strictSame(valuesOf(list as List<Variable<number>>), [1, 2, 3])
  t.end()
})

t.test('an element whose restore appends does not lose what it appended', (t) => {
  const path = join(t.testdir(), 'x')
  const state = (deserialize: () => void) => ({ serialize: () => 'x', deserialize })
  new Checkpoint({ list: [state(() => undefined)] }).writeSync(path)
  const list = new List()
  new Checkpoint({ list }).readSync(path)
  const inner = new Variable(0)
  const outer = state(() => {
    list.append(inner)
  })
  t.throws(() => {
    list.append(outer)
  }, new TypeError("'List[0]' was added while it was being restored"))
  t.strictSame([...list], [inner])
  t.end()
})
