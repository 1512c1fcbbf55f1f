import t from 'tap'
import type { NpyDescr } from '../../lib/array/descr.js'
import { DTYPES, dtypeInfo } from '../../lib/array/dtype.js'
import {
  descrItemsize,
  descrOfDType,
  dtypeOfStructure,
  formatDescr,
  formatShape,
  toDescr,
  toShape,
} from '../../lib/formats/npy-descr.js'
import { parsePythonLiteral } from '../../lib/formats/python-literal.js'

const parse = (text: string): NpyDescr => toDescr(parsePythonLiteral(text))

/** Descriptions as NumPy writes them, and the bytes of one element. */
const DESCRS: readonly [text: string, bytes: number][] = [
  [`'<f8'`, 8],
  [`'|b1'`, 1],
  [`'>i4'`, 4],
  [`'<c16'`, 16],
  [`'<f16'`, 16],
  [`'<c32'`, 32],
  [`'|S5'`, 5],
  [`'|S0'`, 0],
  [`'<U3'`, 12],
  [`'>U2'`, 8],
  [`'<M8[D]'`, 8],
  [`'<m8[ns]'`, 8],
  [`'<M8[25s]'`, 8],
  [`'|V3'`, 3],
  [`'<V2'`, 2],
  [`'?'`, 1],
  [`'f4'`, 4],
  [`'=i8'`, 8],
  [`[('a', '<i4'), ('b', '<f8')]`, 12],
  [`[('x', '|u1'), ('', '|V7'), ('y', '<f8')]`, 16],
  [`[('y', '<f4', (2,))]`, 8],
  [`[('y', '<f4', (2, 3)), ('z', '|b1')]`, 25],
  [`[(('title', 'name'), '<i2')]`, 2],
  [`[('in', [('a', '<i4'), ('b', '|S2')], (3,))]`, 18],
  [`[]`, 0],
  [`[("it's", '<i2')]`, 2],
]

t.test('descriptions are read and written as they were', (t) => {
  for (const [text, bytes] of DESCRS) {
    const descr = parse(text)
    t.equal(formatDescr(descr), text)
    t.equal(descrItemsize(descr), bytes, text)
  }
  t.strictSame(parse(`[('y', '<f4', 2)]`), [['y', '<f4', [2]]], 'a bare length is an axis')
  t.strictSame(parse(`[(u, '<f4')]`.replace('u', `'u'`)), [['u', '<f4']])
  t.end()
})

t.test('shapes', (t) => {
  t.equal(formatShape([]), '()')
  t.equal(formatShape([3]), '(3,)')
  t.equal(formatShape([3, 4]), '(3, 4)')
  t.strictSame(toShape(parsePythonLiteral('(3L, 0)')), [3, 0])
  for (const text of [`(-1,)`, `('3',)`, `[3]`, `(True,)`, `None`, `((1, 2),)`]) {
    t.throws(() => toShape(parsePythonLiteral(text)), { message: /^shape is not a tuple of/ }, text)
  }
  t.end()
})

t.test('malformed descriptions are refused', (t) => {
  const cases: [string, RegExp][] = [
    ['1', /^descr is neither a string nor a list/],
    ['None', /^descr is neither/],
    ['{}', /^descr is neither/],
    [`('a', '<f8')`, /^descr is neither/],
    [`['<f8']`, /^a field is not a tuple/],
    [`[['a', '<f8']]`, /^a field is not a tuple/],
    [`[('a',)]`, /^a field is not \(name, type\[, shape\]\)/],
    [`[('a', '<f8', (2,), 1)]`, /^a field is not \(name/],
    [`[(1, '<f8')]`, /^a field has no name/],
    [`[(('a',), '<f8')]`, /^a field has no name/],
    [`[((1, 'a'), '<f8')]`, /^a field has no name/],
    [`[('a', '<f8', (-1,))]`, /^shape is not a tuple/],
  ]
  for (const [text, message] of cases) {
    t.throws(() => parse(text), { message, unsupported: false }, text)
  }
  t.end()
})

t.test('unknown types and Python objects have no width', (t) => {
  for (const descr of ['', 'x', '<x4', '<f', '<U', 'S', '<<f8', '<f8 ', 'f8f8', '|V', '<f-8']) {
    const message = /^unknown type '/
    t.throws(() => descrItemsize(descr), { message, unsupported: false }, descr)
  }
  t.throws(() => descrItemsize('<f99999999999999999999'), { message: /^unknown type/ })
  for (const descr of ['|O', '|O8', 'O']) {
    const message = 'object arrays hold Python pickles and are refused'
    t.throws(() => descrItemsize(descr), { message, unsupported: true }, descr)
  }
  t.throws(() => descrItemsize([['a', '|O']]), { message: /pickles/, unsupported: true })
  const huge: NpyDescr = [['a', '<f8', [2 ** 30, 2 ** 30]]]
  t.throws(() => descrItemsize(huge), { message: 'descr is too large' })
  t.end()
})

t.test('types that NumPy lacks are structures of one field that bears their name', (t) => {
  t.equal(descrOfDType(dtypeInfo('float64')), '<f8')
  t.strictSame(descrOfDType(dtypeInfo('bfloat16')), [['bfloat16', '<u2']])
  t.strictSame(descrOfDType(dtypeInfo('float8_e4m3fn')), [['float8_e4m3fn', '|u1']])
  t.strictSame(descrOfDType(dtypeInfo('qint32')), [['qint32', '<u4']])
  for (const info of DTYPES) {
    if (info.name === 'void') continue
    const descr = descrOfDType(info)
    t.equal(descrItemsize(descr), info.itemsize, info.name)
    t.equal(dtypeOfStructure(descr), info.npy === undefined ? info : undefined)
    t.strictSame(parse(formatDescr(descr)), descr)
  }
  t.end()
})

t.test('other structures stay structures', (t) => {
  const others: NpyDescr[] = [
    [['bfloat16', '<u4']],
    [['bfloat16', '>u2']],
    [['bfloat16', '<u2', [2]]],
    [
      ['bfloat16', '<u2'],
      ['b', '<u2'],
    ],
    [[['bfloat16', 'bfloat16'], '<u2']],
    [['float64', '<f8']],
    [['weights', '<u2']],
    [],
    '<u2',
  ]
  for (const descr of others) t.equal(dtypeOfStructure(descr), undefined, formatDescr(descr))
  t.end()
})
