// Builds the data plane with libFuzzer, AddressSanitizer and UBSan and fuzzes each part of it for some
// seconds: test-native-fuzz.mjs [--seconds N] [--target T]. An input that fails is kept in .fuzz/.
// Skips where clang has no libFuzzer.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const build = 'build-native-fuzz'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '30' }, target: { type: 'string' } },
})

const targets = readdirSync(join(root, 'native/fuzz'))
  .flatMap((name) => /^(.*)_fuzz\.cc$/.exec(name)?.[1] ?? [])
  .filter((name) => values.target === undefined || name === values.target)

/** True if clang makes a program with libFuzzer. */
function hasFuzzer() {
  const directory = mkdtempSync(join(tmpdir(), 'ndcheckpoint-clang-'))
  try {
    const source = join(directory, 'empty.cc')
    writeFileSync(
      source,
      'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }',
    )
    const flags = ['-fsanitize=fuzzer,address,undefined', '-o', join(directory, 'empty')]
    return spawnSync('clang++', [...flags, source], { stdio: 'ignore' }).status === 0
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function run(command, ...options) {
  const { status, error } = spawnSync(command, options, { cwd: root, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

function fuzz(target) {
  const corpus = join(root, build, `corpus-${target}`)
  mkdirSync(corpus, { recursive: true })
  mkdirSync(join(root, '.fuzz'), { recursive: true })
  const options = [
    `-max_total_time=${values.seconds}`,
    `-artifact_prefix=${join(root, '.fuzz')}/native-${target}-`,
    ...['-max_len=8192', '-timeout=20', '-rss_limit_mb=2048', '-print_final_stats=1'],
  ]
  const program = join(root, build, `${target}_fuzz`)
  const { status, stderr } = spawnSync(program, [corpus, ...options], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  const executions = /number_of_executed_units: (\d+)/.exec(stderr)?.[1] ?? '?'
  const reached = [...stderr.matchAll(/cov: (\d+)/g)].at(-1)?.[1] ?? '?'
  if (status === 0) {
    console.log(`ok      ${target}: ${executions} executions, ${reached} edges reached`)
    return true
  }
  console.log(`FAILED  ${target}: ${executions} executions\n${stderr.slice(-4000)}`)
  console.log(`repeat: ${program} FILE, the one that is named above`)
  return false
}

if (!hasFuzzer()) {
  console.log('skipped: fuzzing the data plane needs clang++ with libFuzzer (Debian: clang)')
  process.exit(0)
}
run(
  ...['cmake', '-S', '.', '-B', build, '-DCMAKE_BUILD_TYPE=RelWithDebInfo', '-DCKPT_ADDON=OFF'],
  ...['-DCMAKE_C_COMPILER=clang', '-DCMAKE_CXX_COMPILER=clang++', '-DCKPT_FUZZ=ON'],
)
run('cmake', '--build', build, '--parallel', String(availableParallelism()))
const failed = targets.filter((target) => !fuzz(target))
process.exit(failed.length > 0 || targets.length === 0 ? 1 : 0)
