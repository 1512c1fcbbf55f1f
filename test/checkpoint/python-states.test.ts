// Objects that turn themselves into bytes and back, through files.
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  listVariables,
  loadVariable,
  Trackable,
  trackable,
  Variable,
  type StringTensor,
} from '../../lib/index.js'
import { stateOf } from './files'

/** A state of text that refuses to become `bad`. */
class Text {
  text: string
  readonly log: string[] = []

  constructor(text: string) {
    this.text = text
  }

  serialize(): string {
    this.log.push('serialize')
    return this.text
  }

  deserialize(bytes: Uint8Array): void {
    const text = Buffer.from(bytes).toString()
    this.log.push(text)
    this.text = `half of ${text}`
    if (text === 'bad') throw new Error('refused')
    this.text = text
  }
}

const savedText = (path: string, name: string): string =>
  Buffer.from((loadVariable(path, `${name}/.ATTRIBUTES/py_state`) as StringTensor).get()).toString()

t.test(
  'the state is that of the call, not of the write: TensorFlow saves the later one',
  async (t) => {
    const dir = t.testdir()
    const [text, step] = [new Text('10'), new Variable(10)]
    const bytes = Uint8Array.of(1)
    const raw = { serialize: () => bytes, deserialize: () => undefined }
    // Enough to write that it does not end in the call.
    const arrays = stateOf({ large: new Float64Array(2 ** 18) })
    const checkpoint = new Checkpoint({ arrays, text, step, raw })
    for (const snapshot of ['copy', 'none'] as const) {
      text.text = '10'
      bytes[0] = 1
      const saving = checkpoint.write(join(dir, snapshot), { snapshot })
      text.text = '15'
      bytes[0] = 9
      const path = await saving
      t.equal(savedText(path, 'text'), '10')
      t.equal(savedText(path, 'raw'), '\x01')
    }
    const first = checkpoint.save(join(dir, 'ckpt'))
    text.text = '16'
    const second = checkpoint.save(join(dir, 'ckpt'))
    text.text = '17'
    t.equal(savedText(await first, 'text'), '15')
    t.equal(savedText(await second, 'text'), '16', 'also of a save that waits for its turn')
  },
)

t.test('serialize is called once for each save, and not by lists or restores of others', (t) => {
  const path = join(t.testdir(), 'ckpt')
  const text = new Text('a')
  const checkpoint = new Checkpoint({ text })
  checkpoint.writeSync(path)
  t.strictSame(text.log.splice(0), ['serialize'])
  const status = checkpoint.readSync(new Checkpoint({ other: new Text('b') }).writeSync(path))
  t.strictSame(status.missingInCheckpoint, [
    { key: 'text/.ATTRIBUTES/py_state', dtype: 'string', shape: [] },
  ])
  t.strictSame(text.log, [])
  t.end()
})

t.test('one that refuses in the middle leaves all objects as they were', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  const make = (texts: string[], value: number) => ({
    a: new Text(String(texts[0])),
    arrays: stateOf({ x: Float64Array.of(value) }),
    b: new Text(String(texts[1])),
    c: new Text(String(texts[2])),
    step: new Variable(value),
    z: { deep: [new Text(String(texts[0]))] },
  })
  new Checkpoint(make(['one', 'bad', 'three'], 1)).writeSync(path)
  const mine = make(['A', 'B', 'C'], 0)
  const x = mine.arrays['x']
  const checkpoint = new Checkpoint(mine)
  for (let i = 0; i < 2; i++) {
    await t.rejects(checkpoint.restore(path), new Error('refused'))
    t.throws(() => checkpoint.restoreSync(path), new Error('refused'))
    t.match(mine, { a: { text: 'A' }, b: { text: 'B' }, c: { text: 'C' }, step: { value: 0 } })
    t.equal(mine.z.deep[0]?.text, 'A')
    t.equal(mine.arrays['x'], x)
  }
  t.notOk(mine.c.log.includes('three'), 'what comes behind is not asked')
  t.equal(checkpoint.saveCounter, 0)
})

t.test('neither are objects that wait for a child which refuses', (t) => {
  const path = join(t.testdir(), 'ckpt')
  const saved = {
    child: Object.assign(new Trackable(), { a: new Text('one'), b: new Text('bad') }),
  }
  new Checkpoint(saved).writeSync(path)
  const checkpoint = new Checkpoint<{ child?: { a: Text; b: Text } }>()
  const status = checkpoint.readSync(path)
  const child = Object.assign(new Trackable(), { a: new Text('A'), b: new Text('B') })
  const assign = (): void => {
    checkpoint.child = child
  }
  t.throws(assign, new Error('refused'))
  t.notOk('child' in checkpoint)
  t.match(child, { a: { text: 'A' }, b: { text: 'B' } })
  t.equal(status.restored, 0)
  Object.assign(child, { b: { serialize: () => '', deserialize: () => undefined } })
  assign()
  t.equal(child.a.text, 'one', 'another try is allowed')
  status.assertConsumed()
  t.end()
})

t.test('errors of serialize leave no file, and name the object', async (t) => {
  const dir = t.testdir()
  const wrong = { serialize: () => ({ text: 1 }), deserialize: () => undefined }
  const checkpoint = new Checkpoint({ deep: [{ wrong }] })
  await t.rejects(checkpoint.save(join(dir, 'ckpt')), {
    name: 'TypeError',
    message:
      /^serialize\(\) of 'deep\/0\/wrong' must return a Uint8Array or a string, got \{ text: 1/,
  })
  t.strictSame(checkpoint.saveCounter, 0)
  const own = new Error('own')
  const failing = new Checkpoint({
    failing: {
      serialize: () => {
        throw own
      },
      deserialize: () => undefined,
    },
  })
  await t.rejects(failing.write(join(dir, 'ckpt')), own)
})

t.test('states of any size and content come back', (t) => {
  const path = join(t.testdir(), 'ckpt')
  const large = Buffer.alloc(300_000, 'é😀\0')
  for (const bytes of [Buffer.alloc(0), Buffer.of(0), Buffer.from('\x93NUMPY'), large]) {
    let taken: Uint8Array | undefined
    const state = {
      serialize: () => bytes,
      deserialize: (given: Uint8Array) => {
        taken = given
      },
    }
    const checkpoint = new Checkpoint({ state })
    checkpoint.writeSync(path)
    for (const options of [{}, { verify: 'off' }, { mode: 'load' }] as const) {
      const status = checkpoint.readSync(path, options)
      t.ok(bytes.equals(taken ?? Buffer.from('none')))
      t.strictSame(status.matched, [
        { key: 'state/.ATTRIBUTES/py_state', dtype: 'string', shape: [] },
      ])
    }
    taken?.fill(7)
    checkpoint.readSync(path)
    t.ok(bytes.equals(taken ?? Buffer.from('none')), 'in memory of its own')
  }
  t.end()
})

t.test('an object may have a state, children, or both', (t) => {
  const path = join(t.testdir(), 'ckpt')
  class Both extends Text {
    readonly step = new Variable(0);
    [trackable](): Record<string, unknown> {
      return { step: this.step, self: this }
    }
  }
  const [saved, mine] = [new Both('saved'), new Both('mine')]
  saved.step.value = 3
  new Checkpoint({ root: saved, again: saved }).writeSync(path)
  t.strictSame(
    listVariables(path).map(([key]) => key),
    ['/.ATTRIBUTES/py_state', '_CHECKPOINTABLE_OBJECT_GRAPH', 'step/.ATTRIBUTES/VARIABLE_VALUE'],
  )
  new Checkpoint({ root: mine, again: mine }).readSync(path).assertConsumed()
  t.match(mine, { text: 'saved', step: { value: 3 } })
  t.end()
})
