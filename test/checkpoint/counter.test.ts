import { join } from 'node:path'
import t from 'tap'
import { tensorValue } from '../../lib/bundle/write/values.js'
import { SaveCounter } from '../../lib/checkpoint/counter.js'
import { Checkpoint, openCheckpoint, openCheckpointSync, Variable, zeros } from '../../lib/index.js'
import { writeValues } from '../bundle/write-values'
import { stateOf } from './files'

const KEY = 'save_counter/.ATTRIBUTES/VARIABLE_VALUE'

t.test('the counter is an int64 scalar of the number of the checkpoint', async (t) => {
  const checkpoint = new Checkpoint({ a: stateOf({ x: zeros([1]) }) })
  const prefix = join(t.testdir(), 'ckpt')
  for (const number of [1, 2, 3]) {
    const reader = await openCheckpoint(await checkpoint.save(prefix), { verify: 'eager' })
    const counter = reader.get(KEY)
    t.match(counter, { dtype: 'int64', shape: [] })
    t.equal(counter.get(), BigInt(number))
  }
})

t.test('it is tracked when it is created: before children that come later', async (t) => {
  const checkpoint = new Checkpoint<Record<string, object>>({ a: stateOf({}) })
  const prefix = join(t.testdir(), 'ckpt')
  await checkpoint.save(prefix)
  checkpoint['z'] = stateOf({})
  const reader = await openCheckpoint(await checkpoint.save(prefix))
  const names = reader.objectGraph?.nodes[0]?.children.map(({ localName }) => localName)
  t.strictSame(names, ['a', 'save_counter', 'z'])
  const node = reader.objectGraph?.nodes[2]
  t.strictSame(node?.attributes, [
    { name: 'VARIABLE_VALUE', fullName: 'save_counter', checkpointKey: KEY },
  ])
})

t.test('what is no counter is refused and leaves it as it was', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  const attributes = [{ name: 'VARIABLE_VALUE', fullName: '', checkpointKey: 'k' }]
  const bytes = (value: bigint): Uint8Array => new Uint8Array(BigInt64Array.of(value).buffer)
  const cases = [
    [tensorValue('k', 'int32', [], new Uint8Array(4)), 'CKPT_MISMATCH'],
    [tensorValue('k', 'int64', [1], new Uint8Array(8)), 'CKPT_MISMATCH'],
    [tensorValue('k', 'int64', [], bytes(-1n)), 'CKPT_CORRUPT'],
    [tensorValue('k', 'int64', [], bytes(2n ** 60n)), 'CKPT_CORRUPT'],
  ] as const
  for (const [value, code] of cases) {
    writeValues(path, [value])
    const reader = openCheckpointSync(path)
    const counter = new SaveCounter()
    t.throws(() => counter.restore(attributes, reader), { code, details: { key: 'k' } })
    t.equal(counter.value, 0)
  }
  writeValues(path, [tensorValue('k', 'int64', [], bytes(7n))])
  const counter = new SaveCounter()
  const assignment = counter.restore(attributes, openCheckpointSync(path))
  t.equal(counter.value, 0)
  assignment?.apply()
  t.equal(counter.value, 7)
  t.equal(counter.restore([], openCheckpointSync(path)), undefined)
})

t.test('it is a variable, by which a program may choose the next number', (t) => {
  const counter = new SaveCounter()
  const variable = counter.identity
  t.ok(variable instanceof Variable)
  t.match(variable, { dtype: 'int64', shape: [], value: 0 })
  counter.value = 7
  t.equal(variable.value, 7)
  variable.value = 41
  t.equal(counter.value, 41)
  variable.value = -1
  t.throws(() => counter.value, { name: 'RangeError', message: /set to -1/ })
  t.end()
})
