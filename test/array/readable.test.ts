import { inspect } from 'node:util'
import t from 'tap'
import { NdArray } from '../../lib/index.js'
import { readable, Unreadable } from '../../lib/array/readable.js'

t.test('what can be read is given as it is', (t) => {
  const value = {}
  t.equal(
    readable(() => value),
    value,
  )
  t.equal(
    readable(() => undefined),
    undefined,
  )
  t.end()
})

t.test('what cannot be read is shown as why', (t) => {
  const failing = (error: unknown): unknown =>
    readable(() => {
      throw error
    })
  const wrong = failing(new Error('corrupt'))
  t.ok(wrong instanceof Unreadable)
  t.equal(inspect(wrong), '<corrupt>')
  t.equal(inspect({ a: wrong }), '{ a: <corrupt> }')
  t.equal(inspect(failing('text')), '<text>')
  t.end()
})

t.test('an array of such elements has its dtype and shape', (t) => {
  const array = new NdArray({
    dtype: 'int8',
    shape: [2, 3],
    data: () => {
      throw new Error('corrupt')
    },
  })
  t.equal(inspect(array), 'NdArray int8 [2, 3] <corrupt>')
  t.equal(inspect([array]), '[ NdArray int8 [2, 3] <corrupt> ]')
  t.end()
})
