import { join } from 'node:path'
import t from 'tap'
import { stringTensorValue, stringValue, tensorValue } from '../../lib/bundle/write/values.js'
import { openCheckpointSync, type NdArray } from '../../lib/index.js'
import { findVariable, show, type VariableInfo } from '../../lib/trackables/variable-value.js'
import { writeValues } from '../bundle/write-values'

const floats = Float32Array.of(1, 2, 3, 4, 5, 6)

/** Looks for the variable of an object that was saved with these attributes, each by its key. */
function find(dir: string, attributes: string[], expected?: VariableInfo) {
  const path = join(dir, 'ckpt')
  writeValues(path, [
    tensorValue('number', 'float32', [2, 3], floats),
    stringTensorValue('strings', [2], [Buffer.from('a'), Buffer.from('b')]),
    stringValue('text', Buffer.from('a')),
  ])
  const list = attributes.map((attribute) => {
    const [name = '', checkpointKey = ''] = attribute.split('=')
    return { name, fullName: '', checkpointKey }
  })
  return findVariable(list, openCheckpointSync(path), expected)
}

t.test('it is the attribute of that name, whatever its key', (t) => {
  const dir = t.testdir()
  t.equal(find(dir, []), undefined)
  t.equal(find(dir, ['py_state=number', 'value=number']), undefined)
  const found = find(dir, ['py_state=text', 'VARIABLE_VALUE=number'])
  t.match(found, { attribute: 'VARIABLE_VALUE', key: 'number' })
  t.match(found?.array, { dtype: 'float32', shape: [2, 3] })
  t.equal(found?.extents.length, 1)
  t.strictSame((found?.array as NdArray).data, floats)
  t.end()
})

t.test('dtype and shape must be those of the program, if it has any', (t) => {
  const dir = t.testdir()
  t.ok(find(dir, ['VARIABLE_VALUE=number'], { dtype: 'float32', shape: [2, 3] }))
  const others: VariableInfo[] = [
    { dtype: 'float64', shape: [2, 3] },
    { dtype: 'float32', shape: [3, 2] },
    { dtype: 'float32', shape: [6] },
    { dtype: 'float32', shape: [] },
  ]
  for (const expected of others) {
    t.throws(() => find(dir, ['VARIABLE_VALUE=number'], expected), {
      code: 'CKPT_MISMATCH',
      details: { key: 'number', expected: show(expected), found: 'float32 [2, 3]' },
      message:
        `variable 'number' is ${show(expected)} in the program and float32 [2, 3] in the ` +
        'checkpoint; give the variable the dtype and shape of the checkpoint, or leave it out of ' +
        'the restore by a filter',
    })
  }
  t.end()
})

t.test('strings are no numbers', (t) => {
  const dir = t.testdir()
  for (const [key, found] of [
    ['strings', 'string [2]'],
    ['text', 'string []'],
  ] as const) {
    t.throws(() => find(dir, [`VARIABLE_VALUE=${key}`]), {
      code: 'CKPT_MISMATCH',
      details: { key, expected: 'a tensor of numbers', found },
    })
    t.throws(() => find(dir, [`VARIABLE_VALUE=${key}`], { dtype: 'int8', shape: [1] }), {
      code: 'CKPT_MISMATCH',
      details: { key, expected: 'int8 [1]', found },
    })
  }
  t.end()
})

t.test('a key that is nowhere is not found', (t) => {
  const details = { key: 'gone' }
  t.throws(() => find(t.testdir(), ['VARIABLE_VALUE=gone']), { code: 'CKPT_NOT_FOUND', details })
  t.end()
})

t.test('dtype and shape are shown as everywhere', (t) => {
  t.equal(show({ dtype: 'float32', shape: [3, 4] }), 'float32 [3, 4]')
  t.equal(show({ dtype: 'int64', shape: [] }), 'int64 []')
  t.end()
})
