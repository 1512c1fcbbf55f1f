/**
 * `prune`: removes old checkpoints of a run.
 *
 * @module
 */
import { basename } from 'node:path'
import { listRun } from '../../inspect/run-listing.js'
import { verifyAt } from '../../inspect/verify-all.js'
import {
  withPruning,
  type PruneOptions,
  type PrunePlan,
  type Pruning,
} from '../../manager/prune.js'
import { keepBest, keepEvery, keepLatest, type RetentionPolicy } from '../../manager/retention.js'
import { GOOD, type Call } from '../spec.js'
import type { Terminal } from '../terminal.js'
import { bytesText, countText, harmless } from '../text.js'

interface Options {
  readonly keep?: number
  readonly keepEvery?: number
  readonly keepEveryHours?: number
  readonly keepBest?: number
  readonly best?: 'max' | 'min'
  readonly name?: string
  readonly all?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

export async function run({ terminal, args, options }: Call): Promise<number> {
  const [path = ''] = args
  const chosen = options as Options
  if (chosen.dryRun !== true && chosen.yes !== true && !terminal.isInteractive) {
    throw new TypeError('nothing is removed unasked: give --yes, or --dry-run to see the plan')
  }
  return withPruning(path, optionsOf(chosen, terminal), async (pruning) => {
    const { plan } = pruning
    const freedBytes = freedBy(plan)
    if (!terminal.json) print(plan, freedBytes, terminal)
    const removed = await decide(pruning, chosen, terminal)
    if (removed) pruning.remove()
    if (terminal.json) terminal.printJson({ ...plan, freedBytes, removed })
    else if (removed) terminal.print(`removed ${countText(plan.remove.length, 'checkpoint')}`)
    return GOOD
  })
}

function optionsOf(options: Options, terminal: Terminal): PruneOptions {
  const policies = policiesOf(options)
  if (policies.length === 0) {
    throw new TypeError('what is to be kept? Give --keep N, --keep-every STEPS, or --keep-best N')
  }
  const { all = false, name: checkpointName = 'ckpt' } = options
  const problemOf = async (prefix: string): Promise<string | undefined> => {
    const { problems } = await verifyAt(prefix, await terminal.progress('verify'))
    return problems[0]?.reason
  }
  return { policies, all, checkpointName, problemOf }
}

function policiesOf(options: Options): RetentionPolicy[] {
  const { keep, keepEvery: steps, keepEveryHours: hours, keepBest: best, best: mode } = options
  return [
    ...(keep === undefined ? [] : [keepLatest(keep)]),
    ...(steps === undefined ? [] : [keepEvery({ steps })]),
    ...(hours === undefined ? [] : [keepEvery({ hours })]),
    ...(best === undefined ? [] : [keepBest(best, mode)]),
  ]
}

/** Bytes of files that no checkpoint that stays has, too. */
function freedBy({ directory, keep, remove }: PrunePlan): number {
  const { checkpoints } = listRun(directory)
  const sum = (paths: readonly string[]): number => {
    const chosen = checkpoints.filter(({ path }) => paths.includes(path))
    const files = new Map(chosen.flatMap(({ files }) => files).map((file) => [file.identity, file]))
    return Array.from(files.values()).reduce((total, { bytes }) => total + bytes, 0)
  }
  // What the state file does not list is no matter of the plan, but stays.
  const others = checkpoints.map(({ path }) => path).filter((path) => !remove.includes(path))
  return sum([...keep, ...others, ...remove]) - sum([...keep, ...others])
}

function print({ keep, remove, damaged }: PrunePlan, freed: number, terminal: Terminal): void {
  const isDamaged = (path: string): string => (damaged.includes(path) ? ', damaged' : '')
  for (const path of keep) terminal.print(`keep    ${harmless(basename(path))}${isDamaged(path)}`)
  for (const path of remove) {
    const mark = terminal.style('red', 'remove')
    terminal.print(`${mark}  ${harmless(basename(path))}${isDamaged(path)}`)
  }
  const counts = `${keep.length} to keep, ${remove.length} to remove`
  terminal.print(`${counts}, ${bytesText(freed)} to free`)
}

async function decide({ plan }: Pruning, options: Options, terminal: Terminal): Promise<boolean> {
  if (options.dryRun === true || plan.remove.length === 0) return false
  if (options.yes === true) return true
  return terminal.confirm(`Remove ${countText(plan.remove.length, 'checkpoint')} for ever?`)
}
