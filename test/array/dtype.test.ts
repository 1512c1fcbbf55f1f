import t from 'tap'
import {
  dataTypeEnumName,
  dataTypeName,
  DT_STRING,
  DT_VARIANT,
  DTYPES,
  dtypeInfo,
  dtypeOfNpy,
  dtypeOfNumber,
  findDType,
  type DType,
} from '../../lib/array/dtype.js'

/** TensorFlow core/framework/types.proto: number, bytes per element in a data file. */
const TABLE: readonly [name: DType, number: number, bytes: number][] = [
  ['float32', 1, 4],
  ['float64', 2, 8],
  ['int32', 3, 4],
  ['uint8', 4, 1],
  ['int16', 5, 2],
  ['int8', 6, 1],
  ['complex64', 8, 8],
  ['int64', 9, 8],
  ['bool', 10, 1],
  ['qint8', 11, 1],
  ['quint8', 12, 1],
  ['qint32', 13, 4],
  ['bfloat16', 14, 2],
  ['qint16', 15, 2],
  ['quint16', 16, 2],
  ['uint16', 17, 2],
  ['complex128', 18, 16],
  ['float16', 19, 2],
  ['uint32', 22, 4],
  ['uint64', 23, 8],
  ['float8_e5m2', 24, 1],
  ['float8_e4m3fn', 25, 1],
  ['float8_e4m3fnuz', 26, 1],
  ['float8_e4m3b11fnuz', 27, 1],
  ['float8_e5m2fnuz', 28, 1],
  ['int4', 29, 1],
  ['uint4', 30, 1],
  ['int2', 31, 1],
  ['uint2', 32, 1],
  ['float4_e2m1fn', 33, 1],
]

t.test('the table has the numbers and widths of TensorFlow', (t) => {
  for (const [name, number, bytes] of TABLE) {
    const info = dtypeInfo(name)
    t.match(info, { name, tf: number, itemsize: bytes }, name)
    t.equal(dtypeOfNumber(number), info)
    t.equal(findDType(name), info)
    t.equal(dataTypeName(number), name)
  }
  t.strictSame(
    DTYPES.map(({ name }) => name),
    [...TABLE.map(([name]) => name), 'void'],
  )
  t.end()
})

t.test('NumPy names are those of numpy.save', (t) => {
  const descrs: Record<string, DType> = {
    '|b1': 'bool',
    '|i1': 'int8',
    '|u1': 'uint8',
    '<i2': 'int16',
    '<u2': 'uint16',
    '<i4': 'int32',
    '<u4': 'uint32',
    '<i8': 'int64',
    '<u8': 'uint64',
    '<f2': 'float16',
    '<f4': 'float32',
    '<f8': 'float64',
    '<c8': 'complex64',
    '<c16': 'complex128',
  }
  for (const [descr, name] of Object.entries(descrs)) {
    t.equal(dtypeOfNpy(descr)?.name, name)
    t.equal(dtypeInfo(name).npy, descr)
  }
  t.equal(DTYPES.filter(({ npy }) => npy !== undefined).length, Object.keys(descrs).length)
  t.equal(dtypeOfNpy('<f16'), undefined)
  t.end()
})

t.test('the first class of an element type is as wide as the type says', (t) => {
  for (const { name, itemsize, lanes, classes } of DTYPES) {
    if (name === 'void') continue
    const classOf = globalThis as unknown as Record<string, { BYTES_PER_ELEMENT: number }>
    for (const arrayClass of classes) {
      t.equal(classOf[arrayClass]?.BYTES_PER_ELEMENT, itemsize / lanes, `${name} ${arrayClass}`)
    }
    t.equal(lanes, name.startsWith('complex') ? 2 : 1)
  }
  t.end()
})

t.test('float16 is a Float16Array where the runtime has one', (t) => {
  const [first] = dtypeInfo('float16').classes
  t.equal(first, 'Float16Array' in globalThis ? 'Float16Array' : 'Uint16Array')
  t.strictSame(dtypeInfo('bfloat16').classes, ['Uint16Array'])
  t.end()
})

t.test('types without elements of fixed width have a name but no row', (t) => {
  t.equal(dataTypeName(DT_STRING), 'string')
  t.equal(dataTypeName(DT_VARIANT), 'variant')
  t.equal(dataTypeName(20), 'DataType(20)')
  const names = [1, 2, 19, 3, 8, 10, 14, DT_STRING, DT_VARIANT, 25, 33, 20].map(dataTypeEnumName)
  const expected =
    'DT_FLOAT DT_DOUBLE DT_HALF DT_INT32 DT_COMPLEX64 DT_BOOL DT_BFLOAT16 DT_STRING DT_VARIANT ' +
    'DT_FLOAT8_E4M3FN DT_FLOAT4_E2M1FN DataType(20)'
  t.strictSame(names, expected.split(' '))
  for (const number of [-1, 0, DT_STRING, 20, DT_VARIANT, 34, 101]) {
    t.equal(dtypeOfNumber(number), undefined, String(number))
  }
  t.equal(findDType('DT_FLOAT'), undefined)
  t.throws(() => dtypeInfo('toString' as DType), new TypeError("unknown dtype 'toString'"))
  t.end()
})

t.test('numbers below a byte lie in the low bits, the others are ignored', (t) => {
  const codes = Array.from({ length: 256 }, (_, bits) => bits)
  const decoded = (name: DType): (number | undefined)[] =>
    codes.map((bits) => dtypeInfo(name).codec?.decode(bits))
  t.strictSame(
    decoded('int4'),
    codes.map((bits) => ((bits & 15) < 8 ? bits & 15 : (bits & 15) - 16)),
  )
  t.strictSame(
    decoded('uint4'),
    codes.map((bits) => bits & 15),
  )
  t.strictSame(
    decoded('int2'),
    codes.map((bits) => ((bits & 3) < 2 ? bits & 3 : (bits & 3) - 4)),
  )
  t.strictSame(
    decoded('uint2'),
    codes.map((bits) => bits & 3),
  )
  // As TensorFlow stores them.
  t.equal(dtypeInfo('int4').codec?.encode(-1), 0x0f)
  t.equal(dtypeInfo('int2').codec?.encode(-1), 0x03)
  t.equal(dtypeInfo('uint4').codec?.encode(17), 1)
  t.equal(dtypeInfo('float4_e2m1fn').codec?.encode(-1), 0x0a)
  t.end()
})

t.test('a row cannot be changed', (t) => {
  t.ok(Object.isFrozen(dtypeInfo('float32')))
  t.end()
})
