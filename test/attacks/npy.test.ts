// Arrays whose .npy lies. A restore refuses them and changes nothing.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { ErrorCode } from '../../lib/index.js'
import { restoreFails } from './expect'
import {
  forge,
  graphEntry,
  graphOf,
  npy,
  stateOf,
  stringEntry,
  VALUE,
  type ForgedNpy,
} from './forge'

interface Lie extends ForgedNpy {
  readonly code?: ErrorCode
}

const LIES: Readonly<Record<string, Lie>> = {
  'a shape larger than its data': { shape: '(1000000000,)' },
  'a shape one larger than its data': { shape: '(4,)' },
  'a shape whose product overflows': { shape: '(4294967296, 4294967296, 4294967296)' },
  'a shape of 2^53': { shape: '(9007199254740992,)' },
  'a shape of a hundred digits': { shape: `(${'9'.repeat(100)},)` },
  'a negative shape': { shape: '(-1,)' },
  'two negative axes whose product is right': { shape: '(-1, -3)' },
  'a shape that is a list': { shape: '[3]' },
  'a shape that is a number': { shape: '3' },
  'a shape of text': { shape: "('3',)" },
  'a shape of a hundred axes': { shape: `(${'1, '.repeat(99)}3)` },
  'an unknown dtype': { descr: "'<q8'" },
  'an empty dtype': { descr: "''" },
  'a dtype of 2^53 bytes': { descr: "'|V9007199254740992'" },
  'a dtype of a hundred digits': { descr: `'|S${'9'.repeat(100)}'` },
  'object arrays (pickles)': { descr: "'|O'", code: 'CKPT_UNSUPPORTED' },
  'object arrays inside a structure': {
    descr: "[('a', '<f8'), ('b', '|O8')]",
    code: 'CKPT_UNSUPPORTED',
  },
  'a structure that contains itself by depth': {
    descr: `${"[('a', ".repeat(500)}'<f8'${')]'.repeat(500)}`,
  },
  'a header nested a hundred thousand deep': { header: '('.repeat(60000) },
  'a header of a hundred thousand lists': { version: 2, header: '['.repeat(100000) },
  'a header that is no dict': { header: "('descr', '<f8')\n" },
  'a header with a key more': {
    header: "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'x': 1}\n",
  },
  'a header that lacks its shape': { header: "{'descr': '<f8', 'fortran_order': False}\n" },
  'a header that calls a function': {
    header: "{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (3,)}\n",
  },
  'an order that is no boolean': { order: '1' },
  'a header that claims 4 GiB': { version: 2, headerLength: 0xffffffff },
  'a header that is one byte longer than the file': { headerLength: 1000 },
  'a header of no bytes': { headerLength: 0 },
  'a header of 65535 spaces': { header: ' '.repeat(65535) },
  'a header with null bytes': {
    header: "{'descr': '<f8', 'fortran_order': False, 'shape': (3,\0)}",
  },
  'a header that ends in a string': { header: "{'descr': '<f8" },
  'a header with an escape outside Unicode': { descr: "'\\U00110000'" },
  'a header that repeats a key and lacks another': {
    header: "{'descr': '<f8', 'descr': '<f8', 'shape': (3,)}\n",
  },
  'a header whose last shape counts': {
    header: "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'shape': (4,)}\n",
  },
  'Fortran order and a shape larger than the data': { order: 'True', shape: '(3, 2)' },
  'a structure whose fields sum up beyond 2^53': {
    descr: "[('a', '|V9007199254740991'), ('b', '|V9007199254740991')]",
  },
  'a field whose shape overflows': {
    descr: "[('a', '<f8', (9007199254740991, 9007199254740991))]",
  },
  'a field of a hundred axes': { descr: `[('a', '|u1', (${'1, '.repeat(100)}))]` },
  'fields of no type': { descr: "[('a',)]" },
  'brackets inside brackets without an end': { shape: '(((((((((3,' },
  'version 4': { version: 4, code: 'CKPT_UNSUPPORTED' },
  'version 0': { version: 0, code: 'CKPT_UNSUPPORTED' },
}

/** The lie beside honest arrays, before and behind it. */
function check(t: Test, bytes: Uint8Array, code: ErrorCode): void {
  const arrays = { a: npy({}), lie: bytes, x: npy({ data: new Uint8Array(24).fill(1) }) }
  const prefix = forge(join(t.testdir(), 'ckpt'), { entries: stateOf(arrays) })
  for (const mode of ['map', 'load'] as const) {
    for (const verify of ['eager', 'lazy', 'off'] as const) {
      t.equal(restoreFails(t, prefix, { mode, verify }), code, `${mode}, ${verify}`)
    }
  }
}

for (const [what, { code = 'CKPT_CORRUPT', ...forged }] of Object.entries(LIES)) {
  t.test(`${what}: refused`, (t) => {
    check(t, npy(forged), code)
    t.end()
  })
}

const NOT_NPY: Readonly<Record<string, [Uint8Array, ErrorCode]>> = {
  'an empty string': [new Uint8Array(0), 'CKPT_CORRUPT'],
  'the magic alone': [Buffer.from('\x93NUMPY', 'latin1'), 'CKPT_CORRUPT'],
  'magic, version and half a length': [
    Buffer.from('\x93NUMPY\x01\0\x10', 'latin1'),
    'CKPT_CORRUPT',
  ],
  'a pickle': [Buffer.from('\x80\x04K\x01.', 'latin1'), 'CKPT_CORRUPT'],
  'a zip archive (.npz)': [Buffer.from('PK\x03\x04 and so on'), 'CKPT_UNSUPPORTED'],
}

for (const [what, [bytes, code]] of Object.entries(NOT_NPY)) {
  t.test(`${what} in the place of an array: refused`, (t) => {
    check(t, bytes, code)
    t.end()
  })
}

t.test('an array that is a tensor instead of a string is a mismatch', (t) => {
  const entries = [
    { key: `state/a${VALUE}`, shape: [2], bytes: new Uint8Array(8) },
    graphEntry(graphOf(['a'])),
  ]
  const prefix = forge(join(t.testdir(), 'ckpt'), { entries })
  t.equal(restoreFails(t, prefix), 'CKPT_MISMATCH')
  t.end()
})

t.test('an array whose string is longer than its entry is corrupt', (t) => {
  const honest = stringEntry(`state/a${VALUE}`, npy({}))
  for (const cut of [1, 24, 25, 100, honest.bytes.length - 6]) {
    const bytes = honest.bytes.subarray(0, honest.bytes.length - cut)
    const entries = [{ ...honest, bytes }, graphEntry(graphOf(['a']))]
    const prefix = forge(join(t.testdir(), 'ckpt'), { entries })
    t.equal(restoreFails(t, prefix), 'CKPT_CORRUPT')
  }
  t.end()
})
