import t from 'tap'
import { toJson } from '../../lib/cli/json.js'
import { positiveInteger, tolerance } from '../../lib/cli/options.js'
import { ratesOf } from '../../lib/cli/progress.js'
import { cut, tableText } from '../../lib/cli/table.js'
import {
  ageText,
  bytesText,
  durationText,
  harmless,
  numberText,
  pathText,
} from '../../lib/cli/text.js'

void t.test('bytes', (t) => {
  const texts = [0, 999, 1000, 1234, 999_499, 999_500, 4.8e8, 1e15, 1e19].map(bytesText)
  t.strictSame(texts, [
    '0 B',
    '999 B',
    '1.00 kB',
    '1.23 kB',
    '999 kB',
    '1.00 MB',
    '480 MB',
    '1.00 PB',
    '1.00e+4 PB',
  ])
  t.end()
})

void t.test('ages', (t) => {
  const texts = [-5, 0, 59, 60, 7200, 86400, 86400 * 60, 86400 * 800].map(ageText)
  t.strictSame(texts, [
    'now',
    'now',
    '59 s ago',
    '1 min ago',
    '2 h ago',
    '1 day ago',
    '1 month ago',
    '2 years ago',
  ])
  t.equal(durationText(86400 * 61), '2 months')
  t.end()
})

void t.test('numbers', (t) => {
  const numbers = [undefined, 0, -0.5, 1 / 3, 1e-5, 123456.78, 1e6 + 0.5, 2 ** 40, 2n ** 62n, NaN]
  t.strictSame(numbers.map(numberText), [
    '-',
    '0',
    '-0.5',
    '0.3333',
    '1.000e-5',
    '123500',
    '1.000e+6',
    '1.100e+12',
    '4.612e+18',
    'NaN',
  ])
  t.end()
})

void t.test('names do nothing to a terminal', (t) => {
  const text = 'a\u001b[31m\nb\u202ec\u009b\u2028é漢'
  t.equal(harmless(text), 'a\\x1b[31m\\x0ab\\u{202e}c\\x9b\\u{2028}é漢')
  t.equal(pathText('/somewhere\n'), '/somewhere\\x0a')
  t.equal(pathText(`${process.cwd()}/run/ckpt-1`), 'run/ckpt-1')
  t.end()
})

void t.test('what JSON has no number for', (t) => {
  const value = [NaN, -Infinity, 2n ** 60n, 7n, { a: undefined, b: 1.5 }]
  t.strictSame(JSON.parse(toJson(value)), ['NaN', '-Infinity', String(2n ** 60n), 7, { b: 1.5 }])
  t.end()
})

void t.test('tables fit where they can', (t) => {
  t.equal(cut('abcdefghij', 5), 'ab…ij')
  t.equal(cut('abc', 5), 'abc')
  const columns = [
    { title: 'NAME', flexible: true },
    { title: 'N', align: 'right' as const },
  ]
  const rows = [
    ['a'.repeat(30), '1'],
    ['b', '1000'],
  ]
  t.equal(
    tableText(columns, rows, 20),
    'NAME               N\naaaaaaa…aaaaaa     1\nb               1000',
  )
  t.equal(tableText(columns, rows, undefined).split('\n')[1], `${'a'.repeat(30)}     1`)
  t.equal(tableText(columns, rows, 3).split('\n')[2]?.length, 18, 'some of it is shown')
  t.end()
})

void t.test('rate and time left', (t) => {
  t.strictSame(ratesOf(5e8, 2e9, 10), { rate: '50.0 MB/s', left: '30 s left' })
  t.strictSame(ratesOf(0, 10, 1), { rate: '', left: '' })
  t.end()
})

void t.test('values of options', (t) => {
  t.equal(positiveInteger('3', '--keep'), 3)
  t.equal(tolerance('1e-5', '--rtol'), 1e-5)
  for (const bad of ['0', '-1', '1.5', 'x', '', '1e3']) {
    t.throws(() => positiveInteger(bad, '--keep'), { name: 'RangeError', message: /^--keep takes/ })
  }
  for (const bad of ['-1', 'x', '', 'Infinity', 'NaN']) {
    t.throws(() => tolerance(bad, '--rtol'), { name: 'RangeError', message: /^--rtol takes/ })
  }
  t.end()
})
