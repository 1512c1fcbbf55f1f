// The test's side of shim.cc: arms it and reads what it counted.
'use strict'
const { openSync, readSync, writeSync } = require('node:fs')

/** As in shim.cc. */
const KINDS = [
  'none',
  'open',
  'close',
  'read',
  'write',
  'sync',
  'allocate',
  'truncate',
  'stat',
  'rename',
  'unlink',
  'makeDirectory',
  'list',
  'lock',
  'map',
  'fork',
  'thread',
  'memory',
  'link',
  'control',
  'advise',
]

/** In place of an errno: half of the bytes. */
const SHORT = 1000

const SIZE = 64

let file

function put(numbers) {
  file ??= openSync(process.env.CKPT_FAULT_CONTROL, 'r+')
  writeSync(file, new Uint8Array(BigUint64Array.from(numbers.map(BigInt)).buffer), 0, SIZE, 0)
}

/** The `nth` call of a kind from now on fails: with an errno, or SHORT. */
exports.arm = (kind, nth, error) => {
  put([KINDS.indexOf(kind), nth, error, 0, 0, 0, 0, 0])
}

/** Nothing fails any more. What has been counted since `arm`. */
exports.disarm = () => {
  const numbers = new BigUint64Array(SIZE / 8)
  readSync(file, new Uint8Array(numbers.buffer), 0, SIZE, 0)
  put([0, 0, 0, 0, 0, 0, 0, 0])
  const [, , , calls, fired, retried] = Array.from(numbers, Number)
  return { calls, fired: fired === 1, retried }
}

exports.SHORT = SHORT
exports.KINDS = KINDS.slice(1)
