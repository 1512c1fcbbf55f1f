/** What the figures depend on, without anything that identifies the machine. */
import { execFileSync } from 'node:child_process'
import { readFileSync, statfsSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

const attempt = (body) => {
  try {
    return body()
  } catch {
    return undefined
  }
}

/** How busy the machine was by itself, before the first contest. */
export const currentLoad = () => loadavg()[0].toFixed(1)

export function describeMachine(directory) {
  const [kernel] = /^[\d.]+\d/.exec(release()) ?? [release()]
  const hugePages = attempt(() =>
    /\[(\w+)\]/.exec(readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'latin1'))?.at(1),
  )
  return {
    processor: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} threads`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB, transparent huge pages: ${hugePages}`,
    system: `${type()} ${kernel}`,
    disk: describeDisk(directory),
    node: process.version,
    commit: attempt(() => commitOf()) ?? 'unknown',
  }
}

function commitOf() {
  const git = (...args) =>
    execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  const changed = git(
    'status',
    '--porcelain',
    '--untracked-files=no',
    '--',
    '../../lib',
    '../../native',
  )
  return git('rev-parse', '--short', 'HEAD') + (changed === '' ? '' : ' with changes')
}

/** File system and kind of device of the longest mount point above the directory. */
function describeDisk(directory) {
  const mounts = attempt(() => readFileSync('/proc/mounts', 'latin1').trim().split('\n')) ?? []
  const above = mounts
    .map((line) => line.split(' '))
    .filter(([, point]) => `${directory}/`.startsWith(point === '/' ? '/' : `${point}/`))
    .sort(([, a], [, b]) => a.length - b.length)
    .at(-1)
  if (above === undefined) return 'unknown'
  const [device, , system, options] = above
  const kind = /\/vd/.test(device) ? 'virtual disk' : /nvme/.test(device) ? 'NVMe' : 'disk'
  const discards = options.split(',').includes('discard') ? ', discard' : ''
  const free = attempt(() => statfsSync(directory))
  const room = free === undefined ? '' : `, ${Math.round((free.bavail * free.bsize) / 1e9)} GB free`
  return `${system} on a ${kind}${discards}${room}`
}
