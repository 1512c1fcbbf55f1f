// Checkpoints that nobody should have written: the page shows what it can.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { mask } from '../../../lib/bundle/masked-crc.js'
import {
  Checkpoint,
  JsonState,
  ndarray,
  openCheckpointSync,
  VariableState,
} from '../../../lib/index.js'
import { crc32c } from '../../../lib/native.js'
import { isNumeric } from '../../../lib/inspect/numbers.js'
import { answerTo } from '../../../lib/viewer/answers/index.js'
import { Place } from '../../../lib/viewer/answers/opened.js'
import type { Answer, Ask, QuestionName } from '../../../lib/viewer/wire.js'
import { bytes, entryOf, indexOf } from '../../bundle/table/samples'

type Asking = <N extends QuestionName>(name: N, ask: Ask<N>) => Promise<Answer<N>>

function at(path: string): { place: Place; ask: Asking } {
  const place = new Place(path)
  const ask: Asking = async <N extends QuestionName>(name: N, question: Ask<N>) =>
    (await answerTo(place, name, question, () => undefined)) as Answer<N>
  return { place, ask }
}

const crcOf = (from: number, to: number): number =>
  mask(crc32c(Uint8Array.from({ length: to - from }, (_, i) => from + i)))

/** A checkpoint of these entries over bytes that are their own number. */
function written(t: Test, entries: Parameters<typeof indexOf>[0], length = 64): string {
  const path = join(t.testdir(), 'ckpt')
  writeFileSync(`${path}.index`, indexOf(entries))
  writeFileSync(
    `${path}.data-00000-of-00001`,
    Uint8Array.from({ length }, (_, i) => i),
  )
  return path
}

t.test('what cannot be read does not hide what can', async (t) => {
  const path = written(t, [
    [bytes('_CHECKPOINTABLE_OBJECT_GRAPH'), entryOf({ dtype: 7, size: 9 })],
    [bytes('good'), entryOf({ dtype: 4, shape: [8], size: 8 })],
    [bytes('resource'), entryOf({ dtype: 20, size: 4 })],
    [bytes('outside'), entryOf({ dtype: 1, shape: [4], offset: 60, size: 16 })],
    [bytes('weights'), entryOf({ dtype: 1, shape: [2], offset: 8, size: 8, crc: crcOf(8, 16) })],
  ])
  const { ask } = at(path)
  const checkpoint = 'ckpt'
  const { tensors, graphProblem } = await ask('contents', { checkpoint })
  t.type(graphProblem, 'string')
  const problems = tensors.map(({ name, problem }) => [name, problem !== undefined])
  t.strictSame(problems, [
    ['good', false],
    ['outside', true],
    ['resource', true],
    ['weights', false],
  ])
  t.match(await ask('values', { checkpoint, key: 'good' }), { text: '[0 1 2 3 4 5 6 7]' })
  const norms = await ask('norms', { checkpoint })
  t.strictSame(
    norms.map(({ name }) => name),
    ['weights'],
  )
  t.match(await ask('verify', { checkpoint }), { ok: false })
})

t.test('long strings and many axes are cut', async (t) => {
  const directory = t.testdir()
  const long = new JsonState({ text: 'x'.repeat(40_000) })
  const arrays = new VariableState()
  arrays['deep'] = ndarray(new Int8Array(2 ** 18), Array(18).fill(2))
  new Checkpoint({ long, arrays }).writeSync(join(directory, 'ckpt'))
  const { ask } = at(join(directory, 'ckpt'))
  const { tensors } = await ask('contents', { checkpoint: 'ckpt' })
  for (const { key } of tensors) {
    const { text } = await ask('values', { checkpoint: 'ckpt', key })
    t.ok(text.length < 5000, `${key}: ${text.length}`)
  }
  const key = 'arrays/deep/.ATTRIBUTES/VARIABLE_VALUE'
  t.match(await ask('values', { checkpoint: 'ckpt', key }), {
    text: '18 axes are too many to print',
  })
  t.match(await ask('statistics', { checkpoint: 'ckpt', key }), { count: 2 ** 18, max: 0 })
})

t.test('keys need be no text', async (t) => {
  const path = written(t, [
    [Uint8Array.of(97, 255, 98), entryOf({ dtype: 4, shape: [3], size: 3, crc: crcOf(0, 3) })],
    [bytes('/first'), entryOf({ dtype: 4, shape: [3], offset: 3, size: 3, crc: crcOf(3, 6) })],
  ])
  const { ask } = at(path)
  const { tensors } = await ask('contents', { checkpoint: 'ckpt' })
  t.strictSame(
    tensors.map(({ key }) => key),
    openCheckpointSync(path)
      .variables()
      .map(({ key }) => key),
  )
  for (const { key } of tensors) {
    const sent = JSON.parse(decodeURIComponent(encodeURIComponent(JSON.stringify({ key })))) as {
      key: string
    }
    t.match(await ask('statistics', { checkpoint: 'ckpt', key: sent.key }), { count: 3 })
  }
})

t.test('a graph that is as deep as a file can make it', async (t) => {
  // Each object has the next as two children, so each has two paths, and the last 2^depth of them.
  const nested = (depth: number, label: string): Record<string, object> => {
    let object: Record<string, object> = { value: new JsonState({}) }
    for (let i = 0; i < depth; i++) object = { [label]: object, again: object }
    return object
  }
  const directory = t.testdir()
  const long = 'x'.repeat(400)
  new Checkpoint({
    deep: nested(3000, 'a'),
    shallow: nested(2, 'b'),
    long: nested(5, long),
  }).writeSync(join(directory, 'ckpt'))
  const { tensors } = await at(join(directory, 'ckpt')).ask('contents', { checkpoint: 'ckpt' })
  const aliases = new Map(tensors.map((tensor) => [tensor.name.slice(0, 4), tensor.aliases]))
  t.strictSame(aliases.get('shal'), ['shallow/b/again/value', 'shallow/again/b/value'])
  t.equal(aliases.get('deep'), undefined)
  t.equal(aliases.get('long'), undefined)
})

t.test('variants have no numbers', async (t) => {
  t.strictSame(['float32', 'int4', 'bool', 'void', 'string', 'variant', '?'].map(isNumeric), [
    ...[true, true, true],
    ...[false, false, false, false],
  ])
})

t.test('the last array is kept, until the file is another', async (t) => {
  const directory = t.testdir()
  const arrays = new VariableState()
  arrays['x'] = new Float32Array([1, 2])
  const checkpoint = new Checkpoint({ arrays })
  checkpoint.writeSync(join(directory, 'ckpt'))
  const { place } = at(join(directory, 'ckpt'))
  const key = 'arrays/x/.ATTRIBUTES/VARIABLE_VALUE'
  const first = place.read('ckpt', key)
  t.equal(place.read('ckpt', key), first)
  arrays['x'] = new Float32Array([3, 4])
  checkpoint.writeSync(join(directory, 'ckpt'))
  t.match(place.read('ckpt', key), { data: { 0: 3, 1: 4 } })
})
