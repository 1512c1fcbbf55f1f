// Builds the data plane's C++ tests with failpoints and sanitizers, without Node, and runs them.
// `--tsan` chooses ThreadSanitizer instead of AddressSanitizer; other arguments go to ctest.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const args = process.argv.slice(2)
const tsan = args.includes('--tsan')
const rest = args.filter((arg) => arg !== '--tsan')
const build = tsan ? 'build-native-tsan' : 'build-native-asan'

function run(command, ...options) {
  const { status, error } = spawnSync(command, options, { cwd: root, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

run(
  ...['cmake', '-S', '.', '-B', build, '-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DCKPT_ADDON=OFF'],
  ...['-DCKPT_TESTS=ON', '-DCKPT_FAILPOINTS=ON', `-DCKPT_SANITIZE=${tsan ? 'thread' : 'address'}`],
)
run('cmake', '--build', build, '--parallel', String(availableParallelism()))
run('ctest', '--test-dir', build, '--output-on-failure', '--parallel', '2', ...rest)
