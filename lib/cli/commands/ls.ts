/**
 * `ls`: the checkpoints of a run.
 *
 * @module
 */
import { basename } from 'node:path'
import { listRun, type ListedCheckpoint, type RunListing } from '../../inspect/run-listing.js'
import { verifyAt } from '../../inspect/verify-all.js'
import { GOOD, type Call } from '../spec.js'
import { tableText, type Column } from '../table.js'
import type { Terminal } from '../terminal.js'
import { ageText, bytesText, countText, harmless, numberText } from '../text.js'

const COLUMNS: readonly Column[] = [
  { title: 'CHECKPOINT', flexible: true },
  { title: 'STEP', align: 'right' },
  { title: 'AGE', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'NEW', align: 'right' },
  { title: 'LINKED', align: 'right' },
  { title: 'STATE' },
]

export async function run({ terminal, args, options }: Call): Promise<number> {
  const [path = '.'] = args
  const found = listRun(path)
  const listing = options['verify'] === true ? await verified(found, terminal) : found
  if (terminal.json) terminal.printJson(listing)
  else printListing(listing, terminal)
  // What is damaged is shown; to find out is the matter of `verify`.
  return GOOD
}

/** The same, each checkpoint having been read. */
async function verified(listing: RunListing, terminal: Terminal): Promise<RunListing> {
  const checkpoints: ListedCheckpoint[] = []
  for (const checkpoint of listing.checkpoints) {
    const { problems } = await verifyAt(checkpoint.path, await terminal.progress('verify'))
    const [first] = problems
    checkpoints.push(first === undefined ? checkpoint : { ...checkpoint, problem: first.reason })
  }
  return { ...listing, checkpoints }
}

function printListing(listing: RunListing, terminal: Terminal): void {
  const { checkpoints, apparentBytes, realBytes, strays } = listing
  if (checkpoints.length > 0) {
    const rows = checkpoints.map((checkpoint) => rowOf(checkpoint, terminal))
    terminal.print(tableText(COLUMNS, rows, terminal.columns))
  }
  const shared = apparentBytes - realBytes
  const saved = shared > 0 ? `, ${bytesText(apparentBytes)} without links` : ''
  terminal.print(`${countText(checkpoints.length, 'checkpoint')}, ${bytesText(realBytes)}${saved}`)
  if (strays.length > 0) {
    const files = countText(strays.length, 'data file')
    terminal.print(`${files} without an index: ${strays.map(harmless).join(', ')}`)
  }
}

function rowOf(checkpoint: ListedCheckpoint, terminal: Terminal): string[] {
  const { path, step, number, time, bytes, newBytes, linkedBytes } = checkpoint
  return [
    harmless(basename(path)),
    numberText(step ?? number),
    ageText(Date.now() / 1000 - time),
    bytesText(bytes),
    bytesText(newBytes),
    linkedBytes === 0 ? '-' : bytesText(linkedBytes),
    stateOf(checkpoint, terminal),
  ]
}

function stateOf({ problem, latest, pinned }: ListedCheckpoint, terminal: Terminal): string {
  const intact =
    problem === undefined
      ? terminal.style('green', 'ok')
      : terminal.style('red', `damaged: ${harmless(problem)}`)
  return [intact, ...(latest ? ['latest'] : []), ...(pinned ? ['pinned'] : [])].join(', ')
}
