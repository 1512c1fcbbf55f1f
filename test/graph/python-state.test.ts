import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { CheckpointReader } from '../../lib/bundle/read/reader.js'
import { crc32c } from '../../lib/native.js'
import type { Assignment } from '../../lib/graph/node.js'
import {
  isPythonState,
  pythonStateValues,
  restorePythonState,
  type PythonState,
} from '../../lib/graph/python-state.js'

/** A state of text that notes what it is asked. */
class Text implements PythonState {
  readonly log: string[] = []
  text: string

  constructor(text: string) {
    this.text = text
  }

  serialize(): Uint8Array | string {
    this.log.push('serialize')
    return this.text
  }

  deserialize(bytes: Uint8Array): void {
    const text = Buffer.from(bytes).toString()
    this.log.push(`deserialize ${text}`)
    if (text === 'bad') throw new Error('no such state')
    this.text = text
  }
}

const encoded = (state: PythonState): Uint8Array => {
  const [value] = pythonStateValues(state, 'x')
  return value?.encode('k', {}).head ?? new Uint8Array(0)
}

/** The assignment of saved bytes. */
function assign(state: PythonState, bytes: string, names = ['py_state']): Assignment | undefined {
  const attributes = names.map((name) => ({ name, fullName: '', checkpointKey: `k/${name}` }))
  const reader = {
    getBytes: (key: string) => {
      t.equal(key, 'k/py_state')
      // Behind lengths and a checksum, as in the files.
      return Buffer.from(`length${bytes}`).subarray(6)
    },
  } as unknown as CheckpointReader
  return restorePythonState(state, 'x', attributes, reader)
}

t.test('objects with both methods are states', (t) => {
  t.ok(isPythonState(new Text('')))
  t.ok(isPythonState({ serialize: () => '', deserialize: () => undefined }))
  t.notOk(isPythonState({ serialize: () => '' }))
  t.notOk(isPythonState({ deserialize: () => undefined }))
  t.notOk(isPythonState({ serialize: 'x', deserialize: () => undefined }))
  t.notOk(isPythonState({ serialize: () => '', deserialize: {} }))
  t.end()
})

t.test('text and bytes are saved as one string, without a name of their own', (t) => {
  const ends = (state: PythonState, expected: Uint8Array): boolean =>
    Buffer.from(encoded(state)).subarray(-expected.length).equals(expected)
  t.ok(ends(new Text('é😀'), Buffer.from('é😀')))
  const bytes = Uint8Array.of(9, 0, 255, 1)
  const part = { serialize: () => bytes.subarray(1, 3), deserialize: () => undefined }
  t.ok(ends(part, Uint8Array.of(0, 255)))
  t.equal(encoded(new Text('')).length, 1 + 4, 'a length and its checksum')
  const [value] = pythonStateValues(new Text('abc'), 'x')
  t.match(value, { attribute: 'py_state', fullName: '' })
  t.strictSame(value?.describe(), { dtype: 'string', shape: [] })
  const { dtype, shape, seed } = value?.encode('k', {}) ?? {}
  t.strictSame([dtype, shape], [7, []])
  t.not(seed, crc32c(Buffer.from('abc')), 'the checksum covers the length too')
  t.end()
})

t.test('the bytes are copied when they are taken', (t) => {
  const bytes = Uint8Array.of(1, 2, 3)
  const taken = encoded({ serialize: () => bytes, deserialize: () => undefined })
  bytes.fill(9)
  t.strictSame([...taken.subarray(-3)], [1, 2, 3])
  t.end()
})

t.test('bytes of another realm are bytes', (t) => {
  const foreign = runInNewContext('Uint8Array.of(1, 2)') as Uint8Array
  const taken = encoded({ serialize: () => foreign, deserialize: () => undefined })
  t.strictSame([...taken.subarray(-2)], [1, 2])
  t.end()
})

t.test('a serialize that gives anything else is named', (t) => {
  const cases: [unknown, RegExp][] = [
    [undefined, /got undefined$/],
    [null, /got null$/],
    [3, /got 3$/],
    [{ a: 1 }, /got \{ a: 1 \}$/],
    [[1], /got \[ 1 \]$/],
    [new ArrayBuffer(1), /got ArrayBuffer/],
    [new Uint16Array(1), /got Uint16Array/],
    [new DataView(new ArrayBuffer(1)), /got DataView/],
    [Promise.resolve('x'), /got Promise .*; it must not be asynchronous/],
  ]
  for (const [given, message] of cases) {
    const state = { serialize: () => given, deserialize: () => undefined } as PythonState
    t.throws(() => encoded(state), { name: 'TypeError', message })
    t.throws(() => encoded(state), { message: /^serialize\(\) of 'x' must return a Uint8Array/ })
  }
  const own = new Error('own')
  const failing: PythonState = {
    serialize: () => {
      throw own
    },
    deserialize: () => undefined,
  }
  t.throws(() => encoded(failing), own)
  t.end()
})

t.test('a restore changes nothing before it is tried', (t) => {
  const state = new Text('mine')
  t.equal(assign(state, 'saved', []), undefined)
  t.equal(assign(state, 'saved', ['VARIABLE_VALUE', 'array']), undefined)
  const assignment = assign(state, 'saved', ['other', 'py_state'])
  t.match(assignment, { attributes: ['py_state'], extents: [] })
  t.strictSame(state.log, [])
  const undo = assignment?.attempt?.()
  t.equal(state.text, 'saved')
  assignment?.apply()
  t.strictSame(state.log, ['serialize', 'deserialize saved'])
  undo?.()
  t.equal(state.text, 'mine')
  t.end()
})

t.test('a state that is refused is what it was', (t) => {
  const state = new Text('mine')
  t.throws(() => assign(state, 'bad')?.attempt?.(), new Error('no such state'))
  t.equal(state.text, 'mine')
  t.strictSame(state.log, ['serialize', 'deserialize bad', 'deserialize mine'])
  const stubborn = new Text('bad')
  t.throws(() => assign(stubborn, 'bad')?.attempt?.(), new Error('no such state'))
  t.end()
})

t.test('memory that serialize gives away may be that which deserialize fills', (t) => {
  const memory = Uint8Array.of(1, 2, 3)
  const state: PythonState = {
    serialize: () => memory,
    deserialize: (bytes) => {
      memory.set(bytes)
      if (bytes[0] === 9) throw new Error('refused')
    },
  }
  t.throws(() => assign(state, '\t89')?.attempt?.(), new Error('refused'))
  t.strictSame([...memory], [1, 2, 3])
  t.end()
})

t.test('saved and former bytes are of one class', (t) => {
  const seen: string[] = []
  const state: PythonState = {
    serialize: () => Uint8Array.of(0x61),
    deserialize: (bytes) => {
      seen.push(bytes.toString())
    },
  }
  assign(state, 'b')?.attempt?.()()
  t.strictSame(seen, ['b', 'a'])
  t.end()
})

t.test('what is to be taken may be viewed as an array, all of it and of any kind', (t) => {
  const seen: number[] = []
  const state: PythonState = {
    serialize: () => new Uint8Array(new ArrayBuffer(64), 6, 4).fill(1),
    deserialize: ({ buffer }) => {
      seen.push(...new Uint32Array(buffer))
    },
  }
  assign(state, '\u0002\0\0\0')?.attempt?.()()
  t.strictSame(seen, [2, 0x01010101])
  t.end()
})

t.test('an object that cannot tell its state yet can be given one', (t) => {
  const state = {
    value: undefined as { n: number } | undefined,
    // JSON.stringify of undefined is undefined.
    serialize(): string {
      return JSON.stringify(this.value)
    },
    deserialize(bytes: Uint8Array): void {
      this.value = JSON.parse(Buffer.from(bytes).toString()) as { n: number }
    },
  }
  const undo = assign(state, '{"n":1}')?.attempt?.()
  t.strictSame(state.value, { n: 1 })
  undo?.()
  t.strictSame(state.value, { n: 1 }, 'there is nothing to go back to')
  t.end()
})

t.test('an asynchronous deserialize is refused, and its failure ends nothing', async (t) => {
  const calls: string[] = []
  const state = {
    serialize: () => 'mine',
    deserialize: async (bytes: Uint8Array): Promise<void> => {
      calls.push(Buffer.from(bytes).toString())
      await Promise.resolve()
      throw new Error('too late')
    },
  } as unknown as PythonState
  t.throws(() => assign(state, 'saved')?.attempt?.(), {
    name: 'TypeError',
    message: /^deserialize\(\) of 'x' must not be asynchronous/,
  })
  t.strictSame(calls, ['saved', 'mine'])
  // An unhandled rejection would end the process within this turn.
  await new Promise(setImmediate)
})
