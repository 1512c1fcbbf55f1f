// The long forms of the tests that repeat themselves: `--kills N` random kills (and one at every failure
// point), `--cycles N` of saving, restoring and closing; `--seed N` for other instants. Prints what was
// done and what failed.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))

const count = { type: 'string' }
const { values } = parseArgs({ options: { kills: count, cycles: count, seed: count } })
for (const [name, text] of Object.entries(values)) {
  if (!/^\d+$/.test(text)) throw new TypeError(`--${name} takes a number, got '${text}'`)
}
const { kills, cycles, seed = String(Date.now() % 1e6) } = values
const isAll = kills === undefined && cycles === undefined

const KILLS = ['kill', 'manager', 'kill-directory', 'every-point'].map(
  (name) => `test/crash/${name}.test.ts`,
)
const CYCLES = ['cycles', 'collect'].map((name) => `test/threads/${name}.test.ts`)
const files = [
  ...(isAll || kills !== undefined ? KILLS : []),
  ...(isAll || cycles !== undefined ? CYCLES : []),
]

const env = { ...process.env, CKPT_SEED: seed }
if (kills !== undefined) env.CKPT_KILLS = kills
if (cycles !== undefined) env.CKPT_CYCLES = cycles

const day = String(24 * 3600)
const flags = ['--disable-coverage', '--allow-empty-coverage', '--reporter=tap', `--timeout=${day}`]
const start = Date.now()
const tests = spawn(process.execPath, ['scripts/test.mjs', ...flags, ...files], {
  cwd: root,
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
})

const total = { kills: 0, struck: 0, failed: 0 }
createInterface(tests.stdout).on('line', (line) => {
  const text = line.trim()
  const told = /^# kills .*: (\d+), (\d+) of them mid-save$/.exec(text)
  if (told !== null) {
    total.kills += Number(told[1])
    total.struck += Number(told[2])
  }
  if (/^# (kills|cycles)/.test(text)) console.log(text.slice(2))
  if (!text.startsWith('not ok') || text.includes('# SKIP')) return
  total.failed++
  console.log(text)
})

tests.on('close', (code) => {
  const seconds = Math.round((Date.now() - start) / 1000)
  const { kills, struck, failed } = total
  if (files.includes(KILLS[0])) console.log(`${kills} kills, ${struck} of them mid-save`)
  console.log(`seed ${seed}, ${seconds} s, ${failed} failed`)
  process.exit(code ?? 1)
})
