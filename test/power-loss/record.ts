/**
 * Records what a program does to files.
 *
 * @module
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runChild, sanitized } from '../fixtures/child'
import { parseTrace, type Call } from './parse'

/** What changes files; and what would, and is not expected. The mark: older systems have not all. */
const CALLS =
  `open openat openat2 creat mkdir mkdirat rmdir unlink unlinkat link linkat symlink symlinkat
  rename renameat renameat2 write pwrite64 writev pwritev pwritev2 truncate ftruncate fallocate
  copy_file_range sendfile splice fsync fdatasync sync syncfs sync_file_range mmap munmap`
    .split(/\s+/)
    .map((name) => `?${name}`)
    .join(',')

/** More than any single write of the scenarios. */
const LONGEST = 1 << 24

const strace = (file: string): string[] => [
  'strace',
  '-f',
  '--seccomp-bpf',
  '-qq',
  '-y',
  '-xx',
  ...['-s', String(LONGEST)],
  ...['-e', 'signal=none'],
  ...['-e', `trace=${CALLS}`],
  ...['-o', file],
]

function reasonNotTo(): string | false {
  if (process.platform !== 'linux') return 'strace is for Linux'
  if (sanitized) return 'not under AddressSanitizer: another program traces it'
  const [command = '', ...args] = strace('/dev/null')
  const { error, status, stderr } = spawnSync(command, [...args, 'true'], { encoding: 'utf8' })
  if (error !== undefined) return 'strace is not installed'
  return status === 0 ? false : `strace cannot trace here: ${stderr.trim()}`
}

/** For tap's `skip`: false, or why nothing can be recorded. */
export const cannotRecord = reasonNotTo()

/** Runs a program of test/fixtures and returns its calls. The file of the trace is in `directory`. */
export async function record(
  program: string,
  args: readonly string[],
  directory: string,
): Promise<Call[]> {
  const file = join(directory, 'trace')
  // Node's rings would hide calls.
  await runChild(program, { args, under: strace(file), env: { UV_USE_IO_URING: '0' } })
  return parseTrace(readFileSync(file, 'latin1'))
}
