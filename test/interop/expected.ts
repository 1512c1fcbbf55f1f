// What TensorFlow reads from each checkpoint under fixtures/tf: its expected.json, described in the
// README there.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NpyDescr, ObjectGraph } from '../../lib/index.js'

export interface ExpectedBytes {
  readonly sha256: string
  readonly hex?: string
}

export interface ExpectedNpy extends ExpectedBytes {
  readonly version: string
  readonly stored: NpyDescr
  readonly fortran_order: boolean
  readonly descr: NpyDescr
  readonly shape: readonly number[]
}

export interface ExpectedVariable {
  readonly key: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly sha256?: string
  readonly hex?: string
  readonly strings?: readonly (ExpectedBytes & { readonly length?: number })[]
  readonly npy?: readonly (ExpectedNpy | null)[]
}

/** A node as protobuf's JSON has it: defaults are left out. */
export interface ExpectedNode {
  readonly children?: readonly { readonly node_id?: number; readonly local_name?: string }[]
  readonly attributes?: readonly {
    readonly name?: string
    readonly full_name?: string
    readonly checkpoint_key?: string
  }[]
  readonly slot_variables?: readonly {
    readonly original_variable_node_id?: number
    readonly slot_name?: string
    readonly slot_variable_node_id?: number
  }[]
  readonly has_checkpoint_values?: boolean
}

interface ExpectedFile {
  readonly latest: string | null
  readonly checkpoints: Readonly<
    Record<
      string,
      {
        readonly variables: readonly ExpectedVariable[]
        readonly object_graph?: readonly ExpectedNode[]
      }
    >
  >
}

export interface ExpectedCheckpoint {
  readonly prefix: string
  readonly variables: readonly ExpectedVariable[]
  readonly graph: ObjectGraph | undefined
}

export interface Fixture {
  readonly name: string
  readonly directory: string
  /** Prefix of the newest checkpoint by the state file. */
  readonly latest: string | null
  readonly checkpoints: readonly ExpectedCheckpoint[]
}

const FIXTURES = join(__dirname, 'fixtures/tf')

export function toGraph(nodes: readonly ExpectedNode[]): ObjectGraph {
  return {
    nodes: nodes.map((node) => ({
      children: (node.children ?? []).map(({ node_id = 0, local_name = '' }) => ({
        nodeId: node_id,
        localName: local_name,
      })),
      attributes: (node.attributes ?? []).map(
        ({ name = '', full_name = '', checkpoint_key = '' }) => ({
          name,
          fullName: full_name,
          checkpointKey: checkpoint_key,
        }),
      ),
      slotVariables: (node.slot_variables ?? []).map((slot) => ({
        originalVariableNodeId: slot.original_variable_node_id ?? 0,
        slotName: slot.slot_name ?? '',
        slotVariableNodeId: slot.slot_variable_node_id ?? 0,
      })),
      ...(node.has_checkpoint_values !== undefined && {
        hasCheckpointValues: node.has_checkpoint_values,
      }),
    })),
  }
}

export function readFixture(name: string): Fixture {
  const directory = join(FIXTURES, name)
  const text = readFileSync(join(directory, 'expected.json'), 'utf8')
  const { latest, checkpoints } = JSON.parse(text) as ExpectedFile
  return {
    name,
    directory,
    latest: latest === null ? null : join(directory, latest),
    checkpoints: Object.entries(checkpoints).map(([base, { variables, object_graph }]) => ({
      prefix: join(directory, base),
      variables,
      graph: object_graph === undefined ? undefined : toGraph(object_graph),
    })),
  }
}

export const readFixtures = (): Fixture[] =>
  readdirSync(FIXTURES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => readFixture(name))

export function checkpointOf(fixture: Fixture, base: string): ExpectedCheckpoint {
  const prefix = join(fixture.directory, base)
  const found = fixture.checkpoints.find((checkpoint) => checkpoint.prefix === prefix)
  if (found === undefined) throw new Error(`fixture ${fixture.name} has no checkpoint ${base}`)
  return found
}
