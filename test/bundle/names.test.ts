import { pathToFileURL } from 'node:url'
import t from 'tap'
import {
  checkPath,
  checkPrefix,
  indexPath,
  shardFilesOf,
  shardPath,
  splitPrefix,
} from '../../lib/bundle/names.js'

t.test('paths are strings or file URLs', (t) => {
  t.equal(checkPath('run/ckpt-1', 'path'), 'run/ckpt-1')
  t.equal(checkPath(pathToFileURL('/a/b c/é'), 'path'), '/a/b c/é')
  const cases: [unknown, string][] = [
    [3, 'path must be a string or a file URL, got 3'],
    [null, 'path must be a string or a file URL, got null'],
    [undefined, 'path must be a string or a file URL, got undefined'],
    ['', 'path must not be empty'],
    ['a\0b', 'path must not hold a null byte'],
  ]
  for (const [path, message] of cases) {
    t.throws(() => checkPath(path, 'path'), new TypeError(message))
  }
  t.throws(() => checkPath(new URL('http://host/a'), 'path'), { name: 'TypeError' })
  t.end()
})

t.test('prefixes are paths that TensorFlow finds again', (t) => {
  for (const prefix of ['ckpt', '/a/b', 'a*b', '{x}', 'é ?', '..a', 'a.index']) {
    t.equal(checkPrefix(prefix), prefix)
  }
  for (const bad of ['[', ']', '\\']) {
    const message =
      `prefix 'run${bad}/ckpt' holds '${bad}', which TensorFlow takes for a pattern: it could not ` +
      'restore the checkpoint; choose a path without [, ] and \\'
    t.throws(() => checkPrefix(`run${bad}/ckpt`), new RangeError(message))
  }
  for (const [prefix, example] of [
    ['run/', 'run/ckpt'],
    ['/', '/ckpt'],
    ['.', './ckpt'],
    ['..', '../ckpt'],
    ['run/..', 'run/../ckpt'],
    ['run/.', 'run/./ckpt'],
  ] as const) {
    const message = `prefix '${prefix}' names a directory; add a name, as '${example}'`
    t.throws(() => checkPrefix(prefix), new RangeError(message))
  }
  for (const prefix of ['...', 'a.', '.a', 'run/..a', '../a']) t.equal(checkPrefix(prefix), prefix)
  t.throws(() => checkPrefix(1), new TypeError('prefix must be a string or a file URL, got 1'))
  t.end()
})

t.test('file names are those of TensorFlow', (t) => {
  t.equal(indexPath('a/ckpt-1'), 'a/ckpt-1.index')
  t.equal(shardPath('ckpt', 0, 1), 'ckpt.data-00000-of-00001')
  t.equal(shardPath('ckpt', 12, 345), 'ckpt.data-00012-of-00345')
  t.equal(shardPath('ckpt', 123456, 1234567), 'ckpt.data-123456-of-1234567')
  t.strictSame(splitPrefix('/run/a/ckpt-1'), { directory: '/run/a', base: 'ckpt-1' })
  t.strictSame(splitPrefix('ckpt'), { directory: process.cwd(), base: 'ckpt' })
  t.end()
})

t.test('the data files of a prefix are known by their names', (t) => {
  const names = [
    'ckpt-1.data-00000-of-00002',
    'ckpt-1.data-00001-of-00002',
    'ckpt-1.data-00000-of-00001',
    'ckpt-1.data-123456-of-1234567',
    'ckpt-1.index',
    'ckpt-1.data-0000-of-00002',
    'ckpt-1.data-00000-of-00002.tempstate7',
    'ckpt-1.data-00000-of-00002x',
    'ckpt-10.data-00000-of-00001',
    'xckpt-1.data-00000-of-00001',
    'ckpt-1_data-00000-of-00001',
  ]
  t.strictSame(shardFilesOf('ckpt-1', names), [
    { name: names[0], count: 2 },
    { name: names[1], count: 2 },
    { name: names[2], count: 1 },
    { name: names[3], count: 1234567 },
  ])
  t.strictSame(shardFilesOf('ckpt.1', ['ckptx1.data-00000-of-00001']), [])
  t.end()
})
