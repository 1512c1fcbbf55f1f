// Formats and checks everything: prettier, clang-format, typescript-eslint, tsc. `--write` formats
// instead of complaining.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const write = process.argv.includes('--write')
let failed = false

function run(name, command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  const ok = error === undefined && status === 0
  if (!ok) failed = true
  console.log(`${ok ? 'ok' : 'FAILED'}  ${name}${error ? `: ${error.message}` : ''}`)
}

function tracked(...patterns) {
  const { stdout } = spawnSync('git', ['ls-files', '-z', ...patterns], {
    cwd: root,
    encoding: 'utf8',
  })
  return stdout.split('\0').filter((file) => file !== '')
}

run('prettier', 'npx', ['prettier', '--log-level', 'warn', write ? '--write' : '--check', '.'])

const sources = tracked(
  'native/*.cc',
  'native/*.h',
  'bench/*.cc',
  'bench/*.h',
  'test/*.cc',
  'test/*.h',
)
const hasClangFormat = spawnSync('clang-format', ['--version']).status === 0
if (hasClangFormat || process.env.CI !== undefined) {
  run('clang-format', 'clang-format', [...(write ? ['-i'] : ['--dry-run', '-Werror']), ...sources])
} else {
  console.log('skipped clang-format: it is not installed (CI requires it)')
}

if (!write) {
  run('eslint', 'npx', ['eslint', '--max-warnings', '0', '.'])
  run('tsc', 'npx', ['tsc', '--noEmit'])
  run('tsc, page', 'npx', ['tsc', '--noEmit', '-p', 'lib/viewer/page'])
}
process.exit(failed ? 1 : 0)
