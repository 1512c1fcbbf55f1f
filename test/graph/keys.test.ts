import fc from 'fast-check'
import t from 'tap'
import {
  childPath,
  escapeName,
  nameOfPath,
  namesOf,
  PY_STATE,
  valueKey,
  VARIABLE_VALUE,
} from '../../lib/graph/keys.js'

t.test('names are escaped so that each is one element of a path', (t) => {
  const cases: [string, string][] = [
    ['x', 'x'],
    ['a/b', 'a.Sb'],
    ['a.b', 'a..b'],
    ['.S', '..S'],
    ['', ''],
    ['é', 'é'],
    ['./', '...S'],
    ['.ATTRIBUTES', '..ATTRIBUTES'],
  ]
  for (const [name, escaped] of cases) t.equal(escapeName(name), escaped)
  t.end()
})

t.test('different names have different paths', (t) => {
  const name = fc.string({ unit: fc.constantFrom('.', '/', 'S', 'a'), maxLength: 6 })
  fc.assert(
    fc.property(name, name, (a, b) => {
      t.equal(escapeName(a) === escapeName(b), a === b)
      t.notOk(escapeName(a).includes('/'))
    }),
  )
  t.end()
})

t.test('keys of values', (t) => {
  const array = childPath(childPath(undefined, 'numpy_arrays'), 'x')
  t.equal(valueKey(array, PY_STATE), 'numpy_arrays/x/.ATTRIBUTES/py_state')
  t.equal(valueKey(undefined, VARIABLE_VALUE), '/.ATTRIBUTES/VARIABLE_VALUE')
  t.equal(valueKey(childPath('n', ''), PY_STATE), 'n//.ATTRIBUTES/py_state')
  t.equal(valueKey('n', 'a.b'), 'n/.ATTRIBUTES/a..b')
  t.end()
})

t.test('a path is taken apart into names', (t) => {
  t.strictSame(namesOf('a.Sb/c..d//..S'), ['a/b', 'c.d', '', '.S'])
  const name = fc.string({ unit: fc.constantFrom('.', '/', 'S', 'a') })
  fc.assert(
    fc.property(fc.array(name, { minLength: 1 }), (names) => {
      const path = names.reduce<string | undefined>(childPath, undefined)
      t.strictSame(namesOf(path ?? ''), names)
    }),
  )
  t.end()
})

t.test('names of variables in a graph are not escaped', (t) => {
  t.equal(nameOfPath('net..Stage/w....0'), 'net.Stage/w..0')
  t.equal(nameOfPath(''), '')
  t.end()
})
