import { openSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import t from 'tap'
import { isCheckpointError } from '../lib/errors.js'
import { fromAddonError, fromNodeError, ioError } from '../lib/failures.js'

t.test('system errors carry errno, name, syscall, path and the way out', (t) => {
  const full = ioError(28, 'fallocate', '/disk/x')
  t.equal(full.code, 'CKPT_IO')
  t.strictSame(full.details, { errno: -28, name: 'ENOSPC', syscall: 'fallocate', path: '/disk/x' })
  t.match(full.message, /^fallocate of '\/disk\/x' failed: ENOSPC \(free some space/)
  t.match(ioError(5, 'fsync', 'x').message, /^fsync of 'x' failed: EIO \(the disk failed/)
  t.equal(ioError(16, 'rmdir', 'x').message, "rmdir of 'x' failed: EBUSY")
  t.match(ioError(2, 'open', 'x'), { code: 'CKPT_NOT_FOUND', details: { path: 'x' } })
  t.equal(ioError(2, 'rename', 'x').code, 'CKPT_IO')
  t.end()
})

t.test('an allocation that failed in C++ is an error without a path', (t) => {
  const error = fromAddonError(new Error('std::bad_alloc'))
  const details = { errno: -constants.errno.ENOMEM, name: 'ENOMEM', syscall: 'malloc', path: '' }
  t.match(error, { code: 'CKPT_IO', details })
  t.match(error, { message: /^malloc failed: ENOMEM \(free some memory/ })
  const other = new Error('something else')
  t.equal(fromAddonError(other), other)
  t.end()
})

t.test('errors of which libuv knows no name have theirs', (t) => {
  for (const name of ['EDQUOT', 'ECHILD', 'ESTALE', 'EBADMSG'] as const) {
    const errno = constants.errno[name]
    t.match(ioError(errno, 'write', 'x').details, { name, errno: -errno })
    t.match(ioError(-errno, 'write', 'x').message, `failed: ${name}`)
  }
  if (process.platform === 'linux') t.match(ioError(117, 'read', 'x').details, { name: 'EUCLEAN' })
  t.match(ioError(constants.errno.EDQUOT, 'write', 'x').message, /the quota is used up/)
  t.match(ioError(9999, 'write', 'x').message, /9999/, 'an unknown one is told by its number')
  t.end()
})

t.test("Node's errors become ours, others stay as they are", (t) => {
  try {
    openSync('/no/such/file', 'r')
  } catch (error) {
    const ours = fromNodeError(error)
    t.ok(isCheckpointError(ours, 'CKPT_NOT_FOUND'))
    t.match(ours, { details: { path: '/no/such/file' }, cause: error as Error })
  }
  try {
    readFileSync('/')
  } catch (error) {
    t.match(fromNodeError(error), { code: 'CKPT_IO', details: { name: 'EISDIR' } })
    t.match(fromNodeError(error, '/'), { details: { path: '/' } }, 'the path that Node left out')
  }
  const other = new Error('x')
  t.equal(fromNodeError(other), other)
  t.equal(fromNodeError('x'), 'x')
  t.end()
})

t.test('a directory that is locked is busy, not broken', (t) => {
  const busy = ioError(11, 'flock', '/run')
  t.match(busy, {
    code: 'CKPT_BUSY',
    details: { path: '/run' },
    message: /readers need no manager/,
  })
  t.equal(ioError(11, 'read', '/run').code, 'CKPT_IO')
  t.end()
})
