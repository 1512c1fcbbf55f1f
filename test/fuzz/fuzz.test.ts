// The fuzzer in its short form, with a seed that is fixed: the same inputs every time. The long one is
// `npm run test:fuzz -- --seconds N`.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { WITHOUT_LOADER } from '../fixtures/child'

const EXECUTIONS: Readonly<Record<string, number>> = {
  table: 2000,
  message: 3000,
  npy: 4000,
  state: 4000,
  json: 2000,
  file: 2000,
  directory: 120,
}

interface Outcome {
  readonly status: number | null
  readonly text: string
}

function fuzz(...args: readonly string[]): Outcome {
  const [command, ...rest] = WITHOUT_LOADER
  const program = join(__dirname, 'fuzz.mjs')
  const { status, stdout, stderr } = spawnSync(
    command,
    [...rest, process.execPath, program, ...args],
    {
      encoding: 'utf8',
    },
  )
  return { status, text: stdout + stderr }
}

for (const [target, executions] of Object.entries(EXECUTIONS)) {
  t.test(`${target}: thousands of inputs are answered`, (t) => {
    const keep = t.testdir()
    const args = ['--target', target, '--executions', String(executions), '--seed', '1']
    const { status, text } = fuzz(...args, '--keep', keep)
    t.equal(status, 0, text)
    const told = new RegExp(`ok +${target}: (\\d+) executions, (\\d+) inputs kept`).exec(text)
    t.ok(Number(told?.[1]) >= executions, text)
    t.ok(Number(told?.[2]) > 0, 'inputs that reach new code become seeds')
    t.strictSame(readdirSync(keep), [])
    t.end()
  })
}

t.test('a bug behind four bytes is found step by step, kept and repeated', (t) => {
  const keep = t.testdir()
  const { status, text } = fuzz(
    ...['--target', 'toy', '--executions', '40000', '--seed', '1', '--keep', keep],
  )
  t.equal(status, 1, text)
  t.match(text, /FAILED {2}toy: found/)
  const [name = ''] = readdirSync(keep)
  t.equal(readFileSync(join(keep, name), 'latin1'), 'FUZZ')
  const again = fuzz('--target', 'toy', '--repeat', join(keep, name))
  t.not(again.status, 0)
  t.match(again.text, /RangeError: found/)
  t.end()
})
