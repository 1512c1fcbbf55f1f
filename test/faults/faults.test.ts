// Every call to the system fails once: whatever is tried fails with a typed error or works all the
// same, what was saved before is as it was, nothing leaks, and the next save works.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t, { type Test } from 'tap'
import { runChild, sanitized } from '../fixtures/child'
import { KINDS } from './control.cjs'
import { scenarios } from './scenarios.cjs'

const MODE = process.env['CKPT_FAULTS'] ?? 'quick'

const directory = t.testdir()
const shim = join(directory, 'shim.so')

function whyNot(): string | false {
  if (process.platform !== 'linux') return 'needs Linux'
  if (sanitized) return 'the sanitizer replaces the same functions'
  const source = join(__dirname, 'shim.cc')
  const compiler = process.env['CXX'] ?? 'c++'
  const { status, stderr } = spawnSync(
    compiler,
    ['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-Werror', '-o', shim, source, '-ldl'],
    { encoding: 'utf8' },
  )
  if (status === 0) return false
  // A machine without glibc has other names for some of the functions.
  return `no shim: ${compiler} ${stderr.slice(0, 200)}`
}

interface Report {
  /** By the kind of call. */
  readonly faults: Readonly<Record<string, number>>
  /** Faults that nobody noticed. */
  readonly survived: number
  /** By code. */
  readonly failures: Readonly<Record<string, number>>
  readonly complaints: readonly string[]
  /** What is left at the end: files, mappings of files, processes, objects of the addon. */
  readonly open: readonly string[]
  readonly mapped: readonly string[]
  readonly children: number
  readonly alive: Readonly<Record<string, number>>
}

const skip = whyNot()

/** Kinds of calls of which none has failed yet. */
const unmet = new Set(KINDS)

/** Memory has no wait for a disk; and who has no such directory waits. */
const MEMORY = '/dev/shm'

/** A directory of the fastest file system on which the scenario is what its name says. */
function placeFor(t: Test, name: string): string {
  if (name.includes('direct') || !existsSync(MEMORY)) return t.testdir()
  const place = mkdtempSync(join(MEMORY, 'ndcheckpoint-faults-'))
  t.teardown(() => {
    rmSync(place, { recursive: true, force: true })
  })
  return place
}

async function inject(t: Test, name: string): Promise<void> {
  const place = placeFor(t, name)
  const control = join(directory, `control-${basename(t.testdirName)}`)
  writeFileSync(control, new Uint8Array(4096))
  t.teardown(() => {
    rmSync(control)
  })
  const env = { CKPT_FAULT_CONTROL: control, CKPT_FAULT_DIRECTORY: place, LD_PRELOAD: shim }
  const [line = ''] = await runChild('../faults/inject.cjs', {
    args: [place, name, MODE],
    env,
    deadline: 3_600_000,
  })
  const report = JSON.parse(line) as Report
  const { survived, failures } = report
  const faults = Object.values(report.faults).reduce((sum, count) => sum + count, 0)
  for (const kind of Object.keys(report.faults)) unmet.delete(kind)
  t.comment(`${String(faults)} faults, ${String(survived)} survived, ${JSON.stringify(failures)}`)
  t.strictSame(report.complaints, [])
  t.ok(faults > 10, `${String(faults)} faults`)
  t.strictSame(report.open, [], 'no file is open')
  t.strictSame(report.mapped, [], 'no file is mapped')
  t.equal(report.children, 0, 'no process is left')
  t.strictSame(
    Object.entries(report.alive).filter(([, count]) => count > 0),
    [],
    'no object of the addon lives',
  )
}

for (const [name, { isQuick = true }] of Object.entries(scenarios)) {
  if (MODE === 'quick' && !isQuick) continue
  t.test(`every call fails once: ${name}`, { skip }, (t) => inject(t, name))
}

// A function that the library calls by another name than the shim knows would never fail.
t.test('calls of every kind have failed', { skip }, (t) => {
  t.strictSame([...unmet], [])
  t.end()
})
