import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { parseIndex, readIndex, sliceEntry } from '../../../lib/bundle/read/index-file.js'
import { encodeHeader } from '../../../lib/bundle/messages.js'
import { encodeSliceKey } from '../../../lib/bundle/ordered-code.js'
import { TableWriter } from '../../../lib/bundle/table/writer.js'
import { runAsync, runSync } from '../../../lib/twin.js'
import { bytes, entryOf, fromHex, HEADER, indexOf } from '../table/samples'

const SLICES = [[{ start: 0, length: 2 }], [{ start: 2, length: 1 }]]

t.test('entries stand under their keys, in the order of their bytes', (t) => {
  const keys = ['b', 'a', 'é', '😀', '\uffff', 'B']
  const index = parseIndex(
    indexOf(keys.map((key, i) => [bytes(key), entryOf({ offset: i })] as const)),
    'x.index',
  )
  t.strictSame([...index.entries.keys()], ['B', 'a', 'b', 'é', '\uffff', '😀'])
  t.equal(index.entries.get('é')?.offset, 2)
  t.match(index.header, { numShards: 1, bigEndian: false })
  t.equal(index.path, 'x.index')
  t.equal(index.slices.size, 0)
  t.end()
})

t.test('slices stand apart from tensors', (t) => {
  const index = parseIndex(
    indexOf([
      [bytes('k'), entryOf({ shape: [3], slices: SLICES })],
      [encodeSliceKey('k', SLICES[0] ?? []), entryOf({ shape: [2], size: 8 })],
      [encodeSliceKey('k', SLICES[1] ?? []), entryOf({ shape: [1], size: 4, offset: 8 })],
      [fromHex('0061'), entryOf({ size: 5 })],
    ]),
    'x',
  )
  t.strictSame([...index.entries.keys()], ['\0a', 'k'], 'a name may begin with a zero byte')
  t.equal(index.slices.size, 2)
  t.match(sliceEntry(index, 'k', SLICES[1] ?? []), { offset: 8 })
  t.equal(sliceEntry(index, 'k', [{ start: 1, length: 1 }]), undefined)
  t.end()
})

t.test('an index without a header is refused', (t) => {
  t.throws(() => parseIndex(new TableWriter().finish(), 'x.index'), {
    code: 'CKPT_CORRUPT',
    message: "index 'x.index' has no header",
    details: { reason: 'framing', path: 'x.index' },
  })
  const wrong = new TableWriter()
  wrong.add(new Uint8Array(0), fromHex('ffff'))
  t.throws(() => parseIndex(wrong.finish(), 'x.index'), { code: 'CKPT_CORRUPT' })
  t.end()
})

t.test('an entry that cannot be parsed is named', (t) => {
  const table = new TableWriter()
  table.add(new Uint8Array(0), encodeHeader(HEADER))
  table.add(bytes('k'), fromHex('0a'))
  const details = { key: 'k', path: 'x.index' }
  t.throws(() => parseIndex(table.finish(), 'x.index'), { code: 'CKPT_CORRUPT', details })
  t.end()
})

t.test('reading an index', async (t) => {
  const prefix = join(t.testdir({ short: '' }), 'ckpt')
  const missing = {
    code: 'CKPT_NOT_FOUND',
    message: `no checkpoint '${prefix}': there is no file '${prefix}.index' (a path that save() returned ends in a number, as '-1')`,
    details: { path: `${prefix}.index` },
  }
  await t.rejects(runAsync(readIndex(prefix, false)), missing)
  t.throws(() => runSync(readIndex(prefix, true)), missing)
  writeFileSync(`${prefix}.index`, indexOf([[bytes('k'), entryOf({})]]))
  t.ok(runSync(readIndex(prefix, true)).entries.has('k'))
  t.ok((await runAsync(readIndex(prefix, false))).entries.has('k'))
  writeFileSync(`${prefix}.index`, 'too short')
  const corrupt = { code: 'CKPT_CORRUPT', details: { path: `${prefix}.index` } }
  await t.rejects(runAsync(readIndex(prefix, false)), corrupt)
})

t.test('more slices than keys could name are refused', (t) => {
  const name = 'x'.repeat(100_000)
  const slices = Array.from({ length: 200 }, (_, start) => [{ start, length: 1 }])
  const index = indexOf([[bytes(name), entryOf({ shape: [200], slices })]])
  t.throws(() => parseIndex(index, 'x'), {
    code: 'CKPT_CORRUPT',
    message: /names far more slices than index 'x' holds$/,
  })
  t.end()
})
