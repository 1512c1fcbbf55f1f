import t from 'tap'
import { operationsOf, ROOT, type Operation } from './operations'
import { parseTrace } from './parse'

const isOurs = (): boolean => true

/** What strace would write as hexadecimal may be plain where it needs no escape. */
const read = (...lines: string[]): Operation[] =>
  operationsOf(parseTrace(lines.map((line) => `1 ${line}`).join('\n')), { root: '/r', isOurs })

const kinds = (operations: readonly Operation[]): unknown[] =>
  operations.map(({ kind, what, began, ended, ...own }) => {
    t.ok(began <= ended, what)
    return [kind, own]
  })

t.test('files get numbers, which stay when they are renamed', (t) => {
  const operations = read(
    'mkdir("/r", 0777) = 0',
    'mkdir("/r/d", 0777) = 0',
    'openat(5</r/d>, "a", O_RDWR|O_CREAT|O_EXCL, 0666) = 6</r/d/a>',
    'pwrite64(6</r/d/a>, "xyz", 3, 512) = 2',
    'renameat2(5</r/d>, "a", AT_FDCWD</home>, "/r/b", RENAME_NOREPLACE) = 0',
    'fsync(6</r/b>) = 0',
    'unlinkat(AT_FDCWD</r>, "b", 0) = 0',
    'rmdir("/r/d") = 0',
    'fdatasync(7</r>) = 0',
  )
  t.strictSame(kinds(operations), [
    [
      'entries',
      {
        changes: [{ directory: ROOT, name: 'd', file: 1 }],
        made: { file: 1, isDirectory: true },
      },
    ],
    [
      'entries',
      { changes: [{ directory: 1, name: 'a', file: 2 }], made: { file: 2, isDirectory: false } },
    ],
    ['write', { file: 2, offset: 512, bytes: Buffer.from('xy') }],
    [
      'entries',
      {
        changes: [
          { directory: ROOT, name: 'b', file: 2 },
          { directory: 1, name: 'a', file: null },
        ],
      },
    ],
    ['sync', { file: 2 }],
    ['entries', { changes: [{ directory: ROOT, name: 'b', file: null }] }],
    ['entries', { changes: [{ directory: ROOT, name: 'd', file: null }] }],
    ['sync', { file: ROOT }],
  ])
  t.end()
})

t.test('a link is a second name of the same file', (t) => {
  const operations = read(
    'openat(AT_FDCWD</r>, "a", O_RDWR|O_CREAT|O_EXCL, 0666) = 6</r/a>',
    'mkdir("/r/d", 0777) = 0',
    'linkat(AT_FDCWD</home>, "/r/a", 5</r/d>, "b", 0) = 0',
    'linkat(AT_FDCWD</home>, "/r/a", 5</r/d>, "c", 0) = -1 EMLINK (Too many links)',
    'unlinkat(AT_FDCWD</r>, "a", 0) = 0',
    'openat(5</r/d>, "b", O_RDONLY|O_NOFOLLOW|O_CLOEXEC) = 7</r/d/b>',
    'fsync(7</r/d/b>) = 0',
  )
  t.strictSame(kinds(operations.slice(2)), [
    ['entries', { changes: [{ directory: 2, name: 'b', file: 1 }] }],
    ['entries', { changes: [{ directory: ROOT, name: 'a', file: null }] }],
    ['sync', { file: 1 }],
  ])
  t.throws(
    () => read('linkat(AT_FDCWD</home>, "/home/x", AT_FDCWD</home>, "/r/x", 0) = 0'),
    /outside/,
  )
  t.end()
})

t.test('what is made again under an old name is another file', (t) => {
  const operations = read(
    'open("/r/a", O_WRONLY|O_CREAT, 0666) = 3</r/a>',
    'unlink("/r/a") = 0',
    'open("/r/a", O_WRONLY|O_CREAT, 0666) = 3</r/a>',
    'open("/r/a", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 4</r/a>',
    'open("/r/a", O_RDONLY) = 5</r/a>',
    'linkat(AT_FDCWD</>, "/r/a", AT_FDCWD</>, "/r/b", 0) = 0',
  )
  t.strictSame(
    operations.map((operation) => (operation.kind === 'entries' ? operation.changes[0]?.file : 0)),
    [1, null, 2, 0, 2],
  )
  t.match(operations[3], { kind: 'size', file: 2, size: 0, grows: false })
  t.end()
})

t.test('sizes', (t) => {
  const operations = read(
    'open("/r/a", O_WRONLY|O_CREAT, 0666) = 3</r/a>',
    'fallocate(3</r/a>, 0, 100, 900) = 0',
    'ftruncate(3</r/a>, 10) = 0',
    'sync_file_range(3</r/a>, 0, 10, SYNC_FILE_RANGE_WRITE) = 0',
  )
  t.match(operations.slice(1), [
    { kind: 'size', size: 1000, grows: true },
    { kind: 'size', size: 10, grows: false },
  ])
  t.equal(operations.length, 3)
  t.end()
})

t.test('what failed, and what is elsewhere, is nothing', (t) => {
  const operations = read(
    'unlink("/r/a") = -1 ENOENT (No such file or directory)',
    'mkdir("/rx", 0777) = 0',
    'open("/r/../x", O_WRONLY|O_CREAT, 0666) = 3</x>',
    'pwrite64(3</x>, "a", 1, 0) = 1',
    'write(3</x>, "a", 1) = 1',
    'rename("/x", "/y") = 0',
    'copy_file_range(3</r/a>, NULL, 4</y>, NULL, 10, 0) = 10',
    'sendfile(3</x>, 4</r/a>, NULL, 10) = 10',
    'fsync(3</x>) = 0',
    'open("relative", O_WRONLY|O_CREAT, 0666) = 3</home/relative>',
  )
  t.strictSame(operations, [])
  t.end()
})

t.test('a call that is not modelled is an error if it is about a file of ours', (t) => {
  const calls = [
    'open("/r/a", O_WRONLY|O_CREAT|O_DSYNC, 0666) = 3</r/a>',
    'write(3</r/a>, "a", 1) = 1',
    'fallocate(3</r/a>, FALLOC_FL_KEEP_SIZE, 0, 1) = 0',
    'copy_file_range(3</x>, NULL, 4</r/a>, NULL, 10, 0) = 10',
    'sendfile(3</r/a>, 4</x>, NULL, 10) = 10',
    'symlink("/x", "\\x2f\\x72\\x2f\\x61") = 0',
    'symlinkat("x", 3</r>, "a") = 0',
    'syncfs(3</x>) = 0',
    'sync() = 0',
    'truncate("/r/a", 0) = 0',
    'pwritev(3</r/a>, [], 0, 0) = 0',
  ]
  for (const call of calls) t.throws(() => read(call), { message: /not modelled/ }, call)
  t.throws(() => read('fsync(3</r/a>) = 0'), { message: /not known/ })
  t.throws(() => read('rename("/x", "/r/a") = 0'), { message: /outside/ })
  t.end()
})

t.test('lines of JSON on the standard output are marks', (t) => {
  const line = (text: string): string =>
    [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
  const operations = read(
    `write(1<pipe:[7]>, "${line('{"saved":"a"}\n')}", 14) = 14`,
    `write(1<pipe:[7]>, "${line('hello\n')}", 6) = 6`,
    `write(2<pipe:[8]>, "${line('{}')}", 2) = 2`,
  )
  t.strictSame(kinds(operations), [['mark', { mark: { saved: 'a' } }]])
  t.end()
})

t.test('stores into a mapping are known from a copy', (t) => {
  const lines = [
    '1 open("/r/a", O_RDWR|O_CREAT, 0666) = 3</r/a>',
    '1 mmap(NULL, 512, PROT_READ|PROT_WRITE, MAP_SHARED, 3</r/a>, 0) = 0x7000',
    '1 mmap(NULL, 512, PROT_READ|PROT_WRITE, MAP_PRIVATE, 3</r/a>, 0) = 0x8000',
    '1 munmap(0x8000, 512) = 0',
    '1 munmap(0x7000, 512) = 0',
    '1 rename("/r/a", "/r/b") = 0',
  ]
  const mark = [...Buffer.from('{"copy":"/c"}')].map((byte) => `\\x${byte.toString(16)}`).join('')
  const readCopy = (path: string): Uint8Array => Buffer.from(path)
  const options = { root: '/r', isOurs, readCopy }
  t.throws(() => operationsOf(parseTrace(lines.join('\n')), options), { message: /never copied/ })
  const text = [...lines, `1 write(1, "${mark}", 13) = 13`].join('\n')
  const stores = operationsOf(parseTrace(text), options).filter(({ kind }) => kind === 'write')
  t.match(stores, [
    { ended: 1, file: 1, offset: 0, bytes: Buffer.from('/c/b') },
    { ended: 4, file: 1, offset: 0, bytes: Buffer.from('/c/b') },
  ])
  t.end()
})
