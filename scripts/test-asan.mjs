// Builds the addon with AddressSanitizer and UBSan and runs the JavaScript tests on it. Arguments go
// to scripts/test.mjs.
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const args = process.argv.slice(2)

function run(command, options, env = {}) {
  const settings = { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }
  const { status, error } = spawnSync(command, options, settings)
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

// Node itself is not instrumented, so the runtimes must be there before it starts.
const runtime = (name) =>
  execFileSync('gcc', [`-print-file-name=${name}.so`], { encoding: 'utf8' }).trim()

run('npx', ['cmake-js', 'compile', '--out', 'build-asan', '--CDCKPT_SANITIZE=address'])
run(process.execPath, ['scripts/test.mjs', ...args], {
  CKPT_NATIVE: join(root, 'build-asan', 'Release', 'ndcheckpoint.node'),
  LD_PRELOAD: `${runtime('libasan')} ${runtime('libubsan')}`,
  // Node leaks at exit by design.
  ASAN_OPTIONS: 'detect_leaks=0',
})
