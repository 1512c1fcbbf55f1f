import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { Checkpoint, NumpyState, objectMetadata, openCheckpointSync } from '../../lib/index.js'
import { forge, GRAPH_KEY, stringEntry } from '../attacks/forge'
import { saved } from '../checkpoint/files'
import { fromHex } from '../bundle/table/samples'

t.test('the graph of a prefix, of a directory and of a URL', async (t) => {
  const directory = t.testdir()
  await saved(join(directory, 'old'), {})
  const path = await saved(join(directory, 'ckpt'), { x: new Float32Array(2) })
  const key = 'arrays/x/.ATTRIBUTES/py_state'
  const graph = objectMetadata(path)
  t.strictSame(graph, openCheckpointSync(path).objectGraph)
  t.match(graph.nodes[0]?.children, [
    { nodeId: 1, localName: 'arrays' },
    { nodeId: 2, localName: 'save_counter' },
  ])
  t.strictSame(graph.nodes[3]?.attributes, [{ name: 'py_state', fullName: '', checkpointKey: key }])
  t.strictSame(objectMetadata(directory), graph)
  t.strictSame(objectMetadata(pathToFileURL(path)), graph)
})

t.test('a checkpoint without objects has no graph', (t) => {
  const path = forge(join(t.testdir(), 'x'), { entries: [stringEntry('w', Buffer.from('v'))] })
  t.throws(() => objectMetadata(path), {
    code: 'CKPT_NOT_FOUND',
    message: /tf\.train\.Saver/,
    details: { path, key: GRAPH_KEY },
  })
  t.end()
})

t.test('what is no checkpoint, or damaged, is told by the code', (t) => {
  const directory = t.testdir()
  const code = 'CKPT_NOT_FOUND'
  t.throws(() => objectMetadata(join(directory, 'none')), { code, details: { key: undefined } })
  t.throws(() => objectMetadata(directory), { code })
  t.throws(() => objectMetadata(3 as never), { name: 'TypeError' })
  const graph = stringEntry(GRAPH_KEY, fromHex('0a040a020807'))
  const path = forge(join(directory, 'x'), { entries: [graph] })
  t.throws(() => objectMetadata(path), { code: 'CKPT_CORRUPT', details: { reason: 'bounds' } })
  t.end()
})

t.test('the files are let go of', (t) => {
  const open = (): string[] => (process.platform === 'linux' ? readdirSync('/proc/self/fd') : [])
  const path = new Checkpoint({ state: new NumpyState() }).writeSync(join(t.testdir(), 'x'))
  objectMetadata(path)
  const before = open()
  for (let i = 0; i < 5; i++) objectMetadata(path)
  t.equal(open().length, before.length)
  t.end()
})
