/**
 * Which variables of a checkpoint are which weights of a model, by the names of layers.
 *
 * @module
 */
import type { ObjectGraph } from '../bundle/messages.js'
import type { VariableInfo as Stored } from '../bundle/read/reader.js'
import { CheckpointError } from '../errors.js'
import { VARIABLE_VALUE } from '../graph/keys.js'
import { show } from '../trackables/variable-value.js'
import { checkVariable } from './nodes.js'
import type { NamedWeight } from './weights.js'

/** A variable of a checkpoint. */
export interface Saved {
  readonly key: string
  /** Parts of its full name. */
  readonly name: readonly string[]
  /** Names of the edges that lead to it. */
  readonly path: readonly string[]
}

/** Of a checkpoint without objects, whose keys are the full names. */
export const variablesByKey = (variables: ReadonlyMap<string, Stored>): Saved[] =>
  Array.from(variables.keys(), (key) => ({ key, name: key.split('/'), path: key.split('/') }))

/** Edges of which an optimizer of Keras has at least one: its slots are named after weights. */
const OF_OPTIMIZERS = new Set(['_iterations', 'iter', '_learning_rate', 'learning_rate'])

/** The variables of all objects below a path, those of optimizers left out. */
export function variablesBelow({ nodes }: ObjectGraph, from: readonly string[]): Saved[] {
  let start = 0
  for (const name of from) {
    const next = nodes[start]?.children.find(({ localName }) => localName === name)
    if (next === undefined) return []
    start = next.nodeId
  }
  const paths = new Map<number, readonly string[]>([[start, from]])
  const saved: Saved[] = []
  // The map grows while it is walked.
  for (const [id, path] of paths) {
    const { children = [], attributes = [] } = nodes[id] ?? {}
    for (const { name, fullName, checkpointKey } of attributes) {
      if (name !== VARIABLE_VALUE) continue
      saved.push({ key: checkpointKey, name: fullName.replace(/:0$/, '').split('/'), path })
    }
    if (children.some(({ localName }) => OF_OPTIMIZERS.has(localName))) continue
    for (const { nodeId, localName } of children) {
      if (!paths.has(nodeId)) paths.set(nodeId, [...path, localName])
    }
  }
  return saved
}

export interface Pair {
  readonly weight: NamedWeight
  readonly saved: Saved
}

/** @throws CheckpointError CKPT_MISMATCH saying all that does not fit */
export function pairsOf(
  weights: readonly NamedWeight[],
  saved: readonly Saved[],
  variables: ReadonlyMap<string, Stored>,
  allowMissing: boolean,
): Pair[] {
  const byWeightName = groupBy(saved, ({ name }) => name.at(-1) ?? '')
  const problems: Problem[] = []
  const pairs = weights.flatMap((weight) => {
    const candidates = weight.names.flatMap((name) => byWeightName.get(name) ?? [])
    const found = candidates.filter(({ name }) => isOf(weight, name))
    const [only] = found
    if (only === undefined && allowMissing) return []
    const expected = show(checkVariable(weight.variable, weight.fullName))
    const stored = found.map(({ key }) => variables.get(key) ?? NOTHING)
    const isFit = stored.length === 1 && show(stored[0] as Stored) === expected
    if (isFit && only !== undefined) return [{ weight, saved: only }]
    const names = found.map(({ name }, i) => `${show(stored[i] as Stored)} ('${name.join('/')}')`)
    problems.push({ key: weight.fullName, expected, found: names.join(' and ') || 'nothing' })
    return []
  })
  if (problems.length > 0) throw mismatch(problems)
  return pairs
}

const NOTHING = { dtype: 'nothing', shape: [] }

/** True if the parts of a full name have the layers of a weight among them, in this order. */
function isOf({ layers, direction }: NamedWeight, name: readonly string[]): boolean {
  let at = 0
  for (const layer of layers) {
    at = name.indexOf(layer, at) + 1
    if (at === 0) return false
  }
  return direction === undefined || name.slice(at).some((part) => part.startsWith(`${direction}_`))
}

interface Problem {
  readonly key: string
  readonly expected: string
  readonly found: string
}

function mismatch(problems: readonly Problem[]): CheckpointError {
  const [first] = problems as readonly [Problem]
  const shown = problems.slice(0, 10).map(({ key, expected, found }) => {
    return `'${key}' is ${expected} in the model, the checkpoint has ${found}`
  })
  const rest = problems.length > 10 ? ` and ${String(problems.length - 10)} more` : ''
  const message = `layers of the same names do not fit: ${shown.join('; ')}${rest}`
  return new CheckpointError('CKPT_MISMATCH', message, { ...first })
}

/** As `Map.groupBy`, which Node has from 21 on. */
export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
