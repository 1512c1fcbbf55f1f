import t from 'tap'
import { bytesOf, parseTrace, pathOf, textOf } from './parse'

const hex = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')

t.test('a call has its arguments as they are written', (t) => {
  const line = `12 openat(AT_FDCWD<${hex('/a, (b)')}>, "${hex('x"),y')}", O_RDWR|O_CREAT, 0666) = 7<${hex('/a')}>`
  const [call] = parseTrace(line)
  t.match(call, { name: 'openat', result: 7, began: 0, ended: 0 })
  t.equal(call?.args.length, 4)
  t.equal(pathOf(call?.args[0]), '/a, (b)')
  t.equal(textOf(call?.args[1]), 'x"),y')
  t.strictSame(call?.args.slice(2), ['O_RDWR|O_CREAT', '0666'])
  t.end()
})

t.test('nested arguments are one argument, quotes may be escaped', (t) => {
  const [call] = parseTrace('1 writev(3, [{iov_base="a\\"]", iov_len=3}, {iov_len=0}], 2)   = 3')
  t.strictSame(call?.args, ['3', '[{iov_base="a\\"]", iov_len=3}, {iov_len=0}]', '2'])
  t.equal(call?.result, 3)
  t.end()
})

t.test('a call in two parts is one call that took a while', (t) => {
  const calls = parseTrace(
    [
      '10 fsync(3</a> <unfinished ...>',
      '11 fsync(4</b> <unfinished ...>',
      '11 <... fsync resumed>)            = 0',
      '10 <... fsync resumed>)            = -1 EIO (Input/output error)',
    ].join('\n'),
  )
  t.strictSame(
    calls.map(({ args, began, ended, result, shown }) => [args, began, ended, result, shown]),
    [
      [['4</b>'], 1, 2, 0, '0'],
      [['3</a>'], 0, 3, -1, '-1'],
    ],
  )
  t.end()
})

t.test('what is no call, or never returned, is left out', (t) => {
  const lines = [
    '10 --- SIGCHLD {si_signo=SIGCHLD} ---',
    '10 +++ exited with 0 +++',
    '12 fsync(3</a> <unfinished ...>',
    '11 fsync(3</a>) = ?',
    '',
  ]
  t.strictSame(parseTrace(lines.join('\n')), [])
  t.end()
})

t.test('an address is told as it is', (t) => {
  const [call] = parseTrace('1 mmap(NULL, 4096, PROT_READ, MAP_SHARED, 3</a>, 0) = 0x7f12a000')
  t.equal(call?.shown, '0x7f12a000')
  t.equal(call?.result, 0x7f12a000)
  t.end()
})

t.test('lines that are none are errors', (t) => {
  t.throws(() => parseTrace('1 <... fsync resumed>) = 0'), { message: /no line/ })
  t.throws(() => parseTrace('1 nothing'), { message: /no line/ })
  t.throws(() => parseTrace('1 fsync(3'), { message: /no line/ })
  t.throws(() => parseTrace('1 fsync(3)'), { message: /no line/ })
  t.throws(() => parseTrace('1 unlink("a'), { message: /no line/ })
  t.end()
})

t.test('strings are bytes', (t) => {
  t.strictSame(bytesOf('"\\x00\\xff\\x22"'), Buffer.from([0, 255, 34]))
  t.strictSame(bytesOf('""'), Buffer.alloc(0))
  t.throws(() => bytesOf('"\\x00"...'), { message: /cut/ })
  t.throws(() => bytesOf('0x55'), { message: /no string/ })
  t.throws(() => bytesOf('"a\\n"'), { message: /not hexadecimal/ })
  t.end()
})

t.test('descriptors have a path, or none', (t) => {
  t.equal(pathOf(`3<${hex('/tmp/x')}>`), '/tmp/x')
  t.equal(pathOf('3</tmp/x>'), '/tmp/x')
  t.equal(pathOf(`1<${hex('pipe:[123]')}>`), undefined)
  t.equal(pathOf('3</tmp/x>(deleted)'), undefined)
  t.equal(pathOf('-1'), undefined)
  t.equal(pathOf(undefined), undefined)
  t.end()
})
