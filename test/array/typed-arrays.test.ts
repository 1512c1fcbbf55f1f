import { runInNewContext } from 'node:vm'
import t from 'tap'
import { dtypeInfo, type ArrayClass } from '../../lib/array/dtype.js'
import {
  arrayClassOf,
  bytesOf,
  isTypedArray,
  laneBytes,
  viewAs,
} from '../../lib/array/typed-arrays.js'

t.test('typed arrays of any realm are known by the name of their class', (t) => {
  t.equal(arrayClassOf(new Float32Array(1)), 'Float32Array')
  t.equal(arrayClassOf(Buffer.alloc(1)), 'Uint8Array')
  t.equal(arrayClassOf(new Uint8ClampedArray(1)), 'Uint8ClampedArray')
  t.equal(arrayClassOf(runInNewContext('new BigInt64Array(2)')), 'BigInt64Array')
  t.equal(arrayClassOf(new (class Weights extends Float64Array {})(2)), 'Float64Array')
  t.end()
})

t.test('nothing else is one', (t) => {
  const others = [undefined, null, 1, 'Uint8Array', [], {}, new ArrayBuffer(1)]
  others.push(new DataView(new ArrayBuffer(1)), { [Symbol.toStringTag]: 'Uint8Array' })
  for (const value of others) {
    t.notOk(isTypedArray(value))
    t.equal(arrayClassOf(value), undefined)
  }
  t.end()
})

t.test('a view takes bytes, its class tells how many elements they are', (t) => {
  const buffer = new ArrayBuffer(32)
  const names: ArrayClass[] = ['Int8Array', 'Uint16Array', 'Float32Array', 'BigUint64Array']
  for (const [i, name] of names.entries()) {
    const view = viewAs(name, buffer, 8, 16)
    t.equal(arrayClassOf(view), name)
    t.equal(view.byteOffset, 8)
    t.equal(view.length, 16 >> i)
    t.equal(view.buffer, buffer)
  }
  t.end()
})

t.test('lanes and bytes', (t) => {
  t.equal(laneBytes(dtypeInfo('complex128')), 8)
  t.equal(laneBytes(dtypeInfo('int16')), 2)
  t.equal(laneBytes(dtypeInfo('void')), 1)
  const bytes = bytesOf(new Uint16Array(new ArrayBuffer(8), 2, 2))
  t.equal(bytes.byteOffset, 2)
  t.equal(bytes.length, 4)
  t.end()
})
