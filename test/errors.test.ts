import { createRequire } from 'node:module'
import t from 'tap'
import { CheckpointError, corrupt, isCheckpointError } from '../lib/errors.js'

const missing = new CheckpointError('CKPT_NOT_FOUND', 'no checkpoint', { path: 'a' })

t.test('an error has a code, details, a cause and a name', (t) => {
  const cause = new Error('below')
  const details = { errno: -28, name: 'ENOSPC', syscall: 'fallocate', path: 'a' }
  const error = new CheckpointError('CKPT_IO', 'disk full', details, { cause })
  t.ok(error instanceof Error)
  t.equal(error.name, 'CheckpointError')
  t.equal(error.message, 'disk full')
  t.equal(error.code, 'CKPT_IO')
  t.strictSame(error.details, details)
  t.equal(error.cause, cause)
  t.match(String(error.stack), /^CheckpointError: disk full\n|^Error: disk full\n/)
  t.notOk('cause' in missing)
  t.end()
})

t.test('details are frozen', (t) => {
  t.ok(Object.isFrozen(missing.details))
  t.throws(() => {
    ;(missing.details as { path: string }).path = 'b'
  }, TypeError)
  t.end()
})

t.test('the guard knows our errors, and their codes', (t) => {
  t.ok(isCheckpointError(missing))
  t.ok(isCheckpointError(missing, 'CKPT_NOT_FOUND'))
  t.ok(isCheckpointError(missing, 'CKPT_IO', 'CKPT_NOT_FOUND'))
  t.notOk(isCheckpointError(missing, 'CKPT_IO'))
  const others = [new Error('x'), new TypeError('x'), null, undefined, 'CKPT_IO', 1]
  for (const other of [...others, { code: 'CKPT_IO' }]) t.notOk(isCheckpointError(other))
  const error: unknown = missing
  if (isCheckpointError(error, 'CKPT_NOT_FOUND')) {
    const { path }: { path: string } = error.details
    t.equal(path, 'a')
  }
  t.end()
})

t.test('the guard knows the errors of another copy of the package', (t) => {
  const file = require.resolve('../lib/errors.js')
  const load = createRequire(__filename)
  const own = load.cache[file]
  Reflect.deleteProperty(load.cache, file)
  const other = load(file) as typeof import('../lib/errors.js')
  if (own !== undefined) load.cache[file] = own
  t.not(other.CheckpointError, CheckpointError)
  const error = new other.CheckpointError('CKPT_BUSY', 'busy', { path: 'a' })
  t.notOk(error instanceof CheckpointError)
  t.ok(isCheckpointError(error, 'CKPT_BUSY'))
  t.ok(other.isCheckpointError(missing))
  t.end()
})

t.test('corrupt input in one line', (t) => {
  const cause = new Error('below')
  t.match(corrupt('bad block', 'framing', { path: 'p' }, { cause }), {
    code: 'CKPT_CORRUPT',
    message: 'bad block',
    details: { reason: 'framing', path: 'p' },
    cause,
  })
  t.strictSame(corrupt('x', 'bounds').details, { reason: 'bounds' })
  t.end()
})
