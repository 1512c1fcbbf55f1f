// Runs every page of docs/guide as its reader would, and compares what it prints.
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  blocksOf,
  compare,
  programsOf,
  runProgram,
  withoutPython,
  type Printed,
  type RunPython,
} from './fixtures/guide'
import { findTensorFlow, TensorFlow } from './interop/tensorflow'

type Test = Pick<typeof t, 'testdir' | 'same' | 'strictSame' | 'equal' | 'test' | 'comment'>

const root = join(__dirname, '..')
const guide = join(root, 'docs/guide')
const pages = readdirSync(guide).filter((name) => name !== 'README.md')

/** A directory in which `ndcheckpoint` is this package, as it would be installed. */
function makeDirectory(t: Test): string {
  const directory = t.testdir()
  mkdirSync(join(directory, 'node_modules'))
  mkdirSync(join(directory, 'run'))
  symlinkSync(root, join(directory, 'node_modules/ndcheckpoint'))
  // Or the name would be taken for this package's reference to itself.
  writeFileSync(join(directory, 'package.json'), '{}')
  return directory
}

/** Runs all programs of a page, or what comes before its first Python. */
async function runPage(t: Test, text: string, python?: RunPython): Promise<void> {
  const page = blocksOf(text)
  const directory = makeDirectory(t)
  for (const program of programsOf(page)) {
    const needsPython = program.blocks.some(({ language }) => language === 'python')
    const runnable = python === undefined ? withoutPython(program) : program
    if (runnable !== undefined) {
      const { end, printed, stray } = await runProgram(runnable, directory, python)
      t.equal(stray, '', 'nothing is printed otherwise')
      const { expected, found } = compare(page, runnable, printed)
      t.strictSame(found, expected)
      t.equal(end, runnable.end)
    }
    // What comes after it is about what Python wrote or restored.
    if (needsPython && python === undefined) return
  }
}

const hasPython = (text: string): boolean =>
  programsOf(blocksOf(text)).some(({ blocks }) =>
    blocks.some(({ language }) => language === 'python'),
  )

void t.test('the index of the guide has each page once, with its title', (t) => {
  const index = readFileSync(join(guide, 'README.md'), 'utf8')
  const listed = Array.from(index.matchAll(/^\| \[(.*?)\]\((.*?)\) \|/gm), ([, title, name]) => [
    name,
    title,
  ])
  const titles = pages.map((name) => {
    const [first = ''] = readFileSync(join(guide, name), 'utf8').split('\n')
    return [name, first.replace(/^# /, '')]
  })
  t.strictSame(listed.toSorted(), titles.toSorted())
  t.end()
})

const found = findTensorFlow()
const tensorflow = 'python' in found ? new TensorFlow(found.python) : undefined
t.teardown(() => {
  tensorflow?.close()
})

// TensorFlow alone takes a minute to start on a busy machine.
t.setTimeout(600_000)
if (tensorflow !== undefined) {
  void t.test('TensorFlow starts, which is not the matter of any page', async (t) => {
    const nothing = { page: '', source: '', directory: root }
    t.strictSame(await tensorflow.call('run_block', nothing), [])
  })
}

for (const name of pages) {
  const text = readFileSync(join(guide, name), 'utf8')
  const runPython: RunPython = async (source, directory) =>
    (await tensorflow?.call('run_block', { page: name, source, directory })) as Printed[]
  void t.test(name, async (t) => {
    await runPage(t, text, tensorflow && runPython)
    if (hasPython(text) && 'skip' in found) {
      await t.test('from its first Python on', { skip: found.skip }, () => undefined)
    }
  })
}

/** What a page of these lines prints, and what it should. */
async function differences(t: Test, ...lines: string[]): Promise<unknown[]> {
  const page = blocksOf(['# Title', '', ...lines].join('\n'))
  const directory = makeDirectory(t)
  const all: unknown[] = []
  for (const program of programsOf(page)) {
    const { end, printed, stray } = await runProgram(program, directory)
    const { expected, found } = compare(page, program, printed)
    if (end !== program.end) all.push(end)
    if (stray !== '') all.push(stray)
    all.push(...found.filter((text, i) => text !== expected[i]))
  }
  return all
}

void t.test('a page that tells the truth passes', async (t) => {
  const text = [
    '```js',
    "const { zeros } = require('ndcheckpoint')",
    'for (const i of [1, 1]) console.log(i) // 1',
    "console.log(zeros([2]), '//') // NdArray float64 [2] Float64Array(2) [ 0, 0 ] //",
    'zeros([-1]) // throws RangeError: …-1…',
    'await Promise.reject(new Error("no")) // throws Error: no',
    'console.log("a")',
    'console.log("b\\nc")',
    '```',
    '```text',
    'a',
    'b',
    'c',
    '```',
    '<!-- guide: new process -->',
    '<!-- guide: ends with SIGTERM -->',
    '```js',
    'await new Promise((resolve) => setImmediate(resolve))',
    "process.kill(process.pid, 'SIGTERM')",
    'await new Promise((resolve) => setInterval(resolve, 1e6))',
    '```',
    '<!-- guide: not run, it is no program -->',
    '```js',
    'console.log(',
    '```',
  ]
  t.strictSame(await differences(t, ...text), [])
})

void t.test('a page that does not fails', async (t) => {
  const js = (...code: string[]): string[] => ['```js', ...code, '```']
  const text = (...code: string[]): string[] => ['```text', ...code, '```']
  const cases: [string, string[], RegExp][] = [
    ['another value', js('console.log(1) // 2'), /^line 4: 1$/],
    ['in one of its turns', js('for (const i of [1, 2]) console.log(i) // 1'), /^line 4: 2$/],
    ['nothing', js('if (false) console.log(1) // 1'), /^line 4: nothing$/],
    ['what is not told', js('console.log(1)'), /^line 4: 1$/],
    ['another text', [...js('console.log(1)'), ...text('2')], /^line 4: 1$/],
    ['no text', [...js('1'), ...text('2')], /^line 4: nothing$/],
    ['no error', js('1 // throws TypeError'), /^line 4: nothing was thrown$/],
    ['another error', js('null.x // throws RangeError: …'), /^line 4: TypeError: /],
    ['an error', js('', 'null.x'), /TypeError: Cannot read.*\n.*program\.cjs:5:6/],
    ['an end', js('process.exit(3)'), /^code 3$/],
    ['another end', ['<!-- guide: ends with SIGTERM -->', ...js('1')], /^code 0$/],
    ['what is printed otherwise', js("process.stdout.write('x\\n')"), /^x\n$/],
  ]
  for (const [what, lines, expected] of cases) {
    t.match((await differences(t, ...lines)).join('\n'), expected, what)
  }
  t.throws(() => blocksOf('<!-- guide: new proces -->'), /line 1: unknown directive new proces/)
})
