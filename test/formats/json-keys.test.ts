import fc from 'fast-check'
import t from 'tap'
import { duplicateKey } from '../../lib/formats/json-keys.js'

t.test('a key that is there twice is found, however it is written', (t) => {
  t.equal(duplicateKey('{"a":1,"a":2}'), 'a')
  t.equal(duplicateKey('{"a":1,"\\u0061":2}'), 'a')
  t.equal(duplicateKey('{"x":{"b":[{"c":1}],"b":0}}'), 'b')
  t.equal(duplicateKey('[{"q":1},{"q":2},{"r":"}","r":1}]'), 'r')
  t.equal(duplicateKey('{"":0,"":0}'), '')
  t.end()
})

t.test('equal keys of different objects, and values, are no duplicates', (t) => {
  for (const text of [
    '{}',
    '{"a":{"a":{"a":"a"}}}',
    '[{"a":1},{"a":1}]',
    '{"a":["a","a"],"b":"a"}',
    '{"a\\"":"{","a":"\\\\"}',
    '"a"',
  ]) {
    t.equal(duplicateKey(text), undefined, text)
  }
  t.end()
})

t.test('what JSON.stringify makes has none; a member more of the same name is seen', (t) => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (object, key) => {
      const text = JSON.stringify(object)
      const member = `${JSON.stringify(key)}:1`
      const twice =
        text === '{}' ? `{${member},${member}}` : `{${member},${text.slice(1, -1)},${member}}`
      return duplicateKey(text) === undefined && duplicateKey(twice) === key
    }),
  )
  t.end()
})
