import t from 'tap'
import { formatModelJson, manifestWeight, parseManifest } from '../../lib/formats/tfjs.js'

const parse = (manifest: unknown): unknown =>
  parseManifest(Buffer.from(JSON.stringify({ weightsManifest: manifest })), '/model.json')

const group = (weight: object, ...paths: unknown[]): unknown => [{ paths, weights: [weight] }]

t.test('what is written is read again', (t) => {
  const weights = [manifestWeight('a', 'float32', [2, 3]), manifestWeight('h', 'float16', [])]
  const text = formatModelJson(['x.bin', 'sub/y.bin'], weights, { format: 'layers-model' })
  t.match(JSON.parse(text), { format: 'layers-model' })
  const quantization = { dtype: 'float16', scale: 1, min: 0 }
  t.strictSame(parseManifest(Buffer.from(text), '/model.json'), [
    {
      paths: ['x.bin', 'sub/y.bin'],
      weights: [
        { name: 'a', dtype: 'float32', shape: [2, 3], quantization: undefined, byteLength: 24 },
        { name: 'h', dtype: 'float32', shape: [], quantization, byteLength: 2 },
      ],
    },
  ])
  t.end()
})

t.test('what is no manifest is refused', (t) => {
  const weight = { name: 'a', dtype: 'float32', shape: [1] }
  const cases: [string, unknown][] = [
    ['no manifest', undefined],
    ['no list', {}],
    ['a group of null', [null]],
    ['no weights', [{ paths: [] }]],
    ['no name', group({ dtype: 'float32', shape: [] })],
    ['no shape', group({ name: 'a', dtype: 'float32' })],
    ['a shape of text', group({ ...weight, shape: ['1'] })],
    ['a shape beyond all numbers', group({ ...weight, shape: [2 ** 40, 2 ** 40] })],
    ['a name twice', [{ paths: [], weights: [weight, weight] }]],
    ['a file twice', [{ paths: ['a', 'a'], weights: [] }]],
    ['no scale', group({ ...weight, quantization: { dtype: 'uint8' } })],
    ['a scale of text', group({ ...weight, quantization: { dtype: 'uint8', scale: '1', min: 0 } })],
  ]
  for (const path of ['../x', '/x', 'a/../b', '', '.', 'a//b', 'http://x/y', 'a\\b', 'a\0', 1]) {
    cases.push([`the file ${String(path)}`, group(weight, path)])
  }
  for (const [what, manifest] of cases)
    t.throws(() => parse(manifest), { code: 'CKPT_CORRUPT' }, what)
  t.throws(() => parseManifest(Buffer.from('{'), '/m'), { code: 'CKPT_CORRUPT' })
  t.throws(() => parseManifest(Buffer.of(0xff), '/m'), { code: 'CKPT_CORRUPT' })
  const unsupported: unknown[] = [
    group({ ...weight, dtype: 'int64' }),
    group({ ...weight, dtype: 'toString' }),
    group({ ...weight, quantization: { dtype: 'uint4', scale: 1, min: 0 } }),
    group({ ...weight, dtype: 'bool', quantization: { dtype: 'uint8', scale: 1, min: 0 } }),
    group({ ...weight, dtype: 'int32', quantization: { dtype: 'float16' } }),
  ]
  for (const manifest of unsupported) t.throws(() => parse(manifest), { code: 'CKPT_UNSUPPORTED' })
  t.end()
})
