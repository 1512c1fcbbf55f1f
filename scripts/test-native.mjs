// Builds the data plane's C++ tests with failpoints and sanitizers, without Node, and runs them.
// `--tsan` chooses ThreadSanitizer instead of AddressSanitizer. `--arm64` cross-compiles them, without
// sanitizers, and runs them in an emulator; it skips where the tools are missing (Debian:
// g++-aarch64-linux-gnu, qemu-user, googletest). Other arguments go to ctest.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const args = process.argv.slice(2)
const arm64 = args.includes('--arm64')
const tsan = args.includes('--tsan')
const rest = args.filter((arg) => arg !== '--tsan' && arg !== '--arm64')
const build = `build-native-${arm64 ? 'arm64' : tsan ? 'tsan' : 'asan'}`

function run(command, ...options) {
  const { status, error } = spawnSync(command, options, { cwd: root, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

const TOOLS = ['aarch64-linux-gnu-gcc', 'aarch64-linux-gnu-g++', 'qemu-aarch64']
const GTEST_SOURCE = '/usr/src/googletest'

/** The settings that make CMake build for ARM64; a skip if that cannot be done here. */
function crossSettings() {
  const [c, cxx, emulator] = TOOLS
  const missing = TOOLS.filter((tool) => spawnSync(tool, ['--version']).error !== undefined)
  if (!existsSync(GTEST_SOURCE)) missing.push(GTEST_SOURCE)
  if (missing.length > 0) {
    console.log(`skipped: the ARM64 tests need ${missing.join(', ')}`)
    process.exit(0)
  }
  return [
    ...['-DCMAKE_SYSTEM_NAME=Linux', '-DCMAKE_SYSTEM_PROCESSOR=aarch64'],
    ...[`-DCMAKE_C_COMPILER=${c}`, `-DCMAKE_CXX_COMPILER=${cxx}`],
    `-DCMAKE_CROSSCOMPILING_EMULATOR=${emulator};-L;/usr/aarch64-linux-gnu`,
    `-DCKPT_GTEST_SOURCE=${GTEST_SOURCE}`,
  ]
}

const kind = arm64 ? crossSettings() : [`-DCKPT_SANITIZE=${tsan ? 'thread' : 'address'}`]

run(
  ...['cmake', '-S', '.', '-B', build, '-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DCKPT_ADDON=OFF'],
  ...['-DCKPT_TESTS=ON', '-DCKPT_FAILPOINTS=ON', ...kind],
)
run('cmake', '--build', build, '--parallel', String(availableParallelism()))
run('ctest', '--test-dir', build, '--output-on-failure', '--parallel', '2', ...rest)
