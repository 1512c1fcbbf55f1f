import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, listVariables, NoDependency, Trackable, Variable } from '../../lib/index.js'

/** Keys in a checkpoint of these children. */
function keys(dir: string, children: object): string[] {
  const path = new Checkpoint(children).writeSync(join(dir, 'ckpt'))
  return listVariables(path)
    .map(([key]) => key.replace('/.ATTRIBUTES/VARIABLE_VALUE', ''))
    .filter((key) => !key.startsWith('_'))
}

t.test('it holds any value', (t) => {
  for (const value of [undefined, null, 0, 'x', {}, new Float32Array(1)]) {
    t.equal(new NoDependency(value).value, value)
  }
  t.end()
})

t.test('a child of a Checkpoint may be anything with it', (t) => {
  const dir = t.testdir()
  const scratch = new Float32Array(3)
  const checkpoint = new Checkpoint<Record<string, unknown>>({
    w: new Variable(1),
    scratch: new NoDependency(scratch),
    twin: new NoDependency(new Variable(2)),
  })
  t.equal(checkpoint['scratch'], scratch)
  t.strictSame(keys(dir, { checkpoint }), ['checkpoint/w'])
  checkpoint['note'] = new NoDependency('text')
  t.equal(checkpoint['note'], 'text')
  t.strictSame(keys(dir, { checkpoint }), ['checkpoint/w'])
  t.throws(() => {
    checkpoint['note'] = 'text'
  }, TypeError)
  t.equal(checkpoint['note'], 'text')
  t.end()
})

t.test('it is seen where it is assigned, not in a container', (t) => {
  const dir = t.testdir()
  const hidden = new NoDependency(new Variable(1))
  const loose = Object.assign(new Trackable(), { list: [hidden, new Variable(2)] })
  t.strictSame(keys(dir, { loose }), ['loose/list/1'])
  t.equal(loose.list[0], hidden, 'it stays as it is')
  t.throws(() => keys(dir, { list: [hidden] }), { message: /^'list\/0' cannot be saved/ })
  t.end()
})

t.test('what is not tracked is not restored, until it is', async (t) => {
  const path = new Checkpoint({ w: new Variable(1) }).writeSync(join(t.testdir(), 'ckpt'))
  const w = new Variable(0)
  const checkpoint = new Checkpoint<Record<string, unknown>>({ w: new NoDependency(w) })
  const status = await checkpoint.read(path)
  t.equal(w.value, 0)
  t.equal(status.restored, 0)
  t.strictSame(
    status.missingInProgram.map(({ key }) => key),
    ['w/.ATTRIBUTES/VARIABLE_VALUE'],
  )
  checkpoint['w'] = new NoDependency(w)
  t.equal(w.value, 0)
  checkpoint['w'] = w
  t.equal(w.value, 1)
  status.assertConsumed()
})

t.test('reserved names stay reserved', (t) => {
  for (const name of ['save', 'save_counter']) {
    t.throws(() => new Checkpoint({ [name]: new NoDependency(1) }), TypeError)
  }
  t.end()
})
