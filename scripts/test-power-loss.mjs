// The long form of test/power-loss: `-- --states N` checks up to N states of a disk for each moment at
// which the power fails. CKPT_SEED chooses others. What else is given goes to tap.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: { states: { type: 'string', default: '1024' } },
  allowPositionals: true,
})
const states = Number(values.states)
if (!Number.isSafeInteger(states) || states < 1) {
  throw new RangeError(`--states must be a positive integer, got ${values.states}`)
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const args = ['--disable-coverage', '--allow-empty-coverage', '--reporter=tap', '--timeout=0']
const { status } = spawnSync(
  process.execPath,
  [join(root, 'scripts/test.mjs'), ...args, ...positionals, 'test/power-loss/power-loss.test.ts'],
  { stdio: 'inherit', env: { ...process.env, CKPT_STATES: String(states) } },
)
process.exit(status ?? 1)
