// Values and objects of a checkpoint, for comparing one checkpoint with another.
import { NdArray, openCheckpoint, StringTensor, type ObjectGraph } from '../../lib/index.js'
import { arrayBytes, sha256 } from './bytes'

const OBJECT_GRAPH = '_CHECKPOINTABLE_OBJECT_GRAPH'

export interface DescribedValue {
  readonly dtype: string
  readonly shape: readonly number[]
  /** Of a tensor's bytes, or of each string. */
  readonly sha256: string | string[]
}

const describe = (value: NdArray | StringTensor): DescribedValue => ({
  dtype: value.dtype,
  shape: [...value.shape],
  sha256: value instanceof NdArray ? sha256(arrayBytes(value)) : Array.from(value, sha256),
})

/** Every value by its key; not the object graph. */
export async function describeAll(prefix: string): Promise<Record<string, DescribedValue>> {
  const reader = await openCheckpoint(prefix)
  const keys = reader.variables().map(({ key }) => key)
  const described = keys
    .filter((key) => key !== OBJECT_GRAPH)
    .map((key) => [key, describe(reader.get(key))] as const)
  await reader.close()
  return Object.fromEntries(described)
}

export async function graphOf(prefix: string): Promise<ObjectGraph | undefined> {
  const reader = await openCheckpoint(prefix)
  const { objectGraph } = reader
  await reader.close()
  return objectGraph
}

/** Objects, edges, keys and attributes: all that does not depend on who named the variables. */
export const outline = (graph: ObjectGraph | undefined): unknown =>
  graph?.nodes.map(({ children, attributes, slotVariables }) => ({
    children,
    attributes: attributes.map(({ name, checkpointKey }) => ({ name, checkpointKey })),
    slotVariables,
  }))
