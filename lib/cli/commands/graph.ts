/**
 * `graph`: the objects of a checkpoint as a picture.
 *
 * @module
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fromNodeError } from '../../failures.js'
import { prefixOf } from '../../inspect/open.js'
import { CheckpointView } from '../../views/checkpoint-view.js'
import { dotGraphFromCheckpoint } from '../../views/dot-graph.js'
import { GOOD, type Call } from '../spec.js'

interface Options {
  readonly svg?: boolean
  readonly output?: string
}

export function run({ terminal, args, options }: Call): number {
  const path = prefixOf(args[0] ?? '')
  const { svg, output } = options as Options
  if (terminal.json) {
    const view = new CheckpointView(path)
    terminal.printJson({ path: view.path, nodes: view.objectGraph.nodes })
    return GOOD
  }
  const dot = dotGraphFromCheckpoint(path, { pythonState: true })
  const isSvg = svg ?? output?.toLowerCase().endsWith('.svg') ?? false
  const text = isSvg ? drawn(dot) : dot
  if (output === undefined) terminal.print(text)
  else write(output, text)
  return GOOD
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw fromNodeError(error, path)
  }
}

/** By Graphviz, which is a program of its own. */
function drawn(dot: string): string {
  const options = { input: dot, encoding: 'utf8', maxBuffer: 2 ** 30 } as const
  const { error, status, stdout, stderr } = spawnSync('dot', ['-Tsvg'], options)
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    throw new Error("Graphviz is not installed ('dot' is not found); without --svg DOT is printed")
  }
  if (error !== undefined) throw error
  if (status === 0) return stdout
  throw new Error(`Graphviz failed: ${stderr.trim() || `status ${String(status)}`}`)
}
