/**
 * Writes tensors as a checkpoint. Layout, index and commit are those of a save; the bytes are streamed
 * into the staging directory instead of being taken from arrays in memory.
 *
 * @module
 */
import { join } from 'node:path'
import { DT_STRING, dtypeInfo, type DType } from '../array/dtype.js'
import type { Operation } from '../bundle/operation.js'
import { listDirectory } from '../bundle/files.js'
import { mask } from '../bundle/masked-crc.js'
import { encodeObjectGraph } from '../bundle/messages.js'
import { indexPath, shardFilesOf, shardPath, splitPrefix } from '../bundle/names.js'
import { OBJECT_GRAPH_KEY } from '../bundle/read/reader.js'
import { staged } from '../bundle/staged.js'
import { stringHead } from '../bundle/write/forms.js'
import { IndexPlan, type IndexRow } from '../bundle/write/index-plan.js'
import { planLayout, type Layout } from '../bundle/write/layout.js'
import { stringTensorValue, stringValue } from '../bundle/write/values.js'
import { CheckpointError } from '../errors.js'
import { encodeNpyHeader } from '../formats/npy.js'
import { descrOfDType } from '../formats/npy-descr.js'
import { escapeName, PY_STATE, valueKey, VARIABLE_VALUE } from '../graph/keys.js'
import { graphOfNames } from '../graph/names.js'
import { commit, crc32c, removeFiles, type Staging } from '../native.js'
import { wait, type Steps } from '../twin.js'
import { OutputFile, writeFile } from './output.js'
import { PIECE, type Scratch, type TensorStream } from './tensor.js'

/** What the tensors become. */
export type ImportAs = 'tensors' | 'variables' | 'numpyState'

export interface CheckpointOutput {
  readonly as: ImportAs
  readonly attribute: string
  readonly maxShardBytes: number
  readonly alignment: number
  readonly durable: boolean
}

/** One entry of the checkpoint. `head` stands before the bytes of `tensor`. */
interface Value {
  readonly key: string
  readonly dtype: number
  readonly shape: readonly number[]
  readonly head: Uint8Array
  readonly seed: number
  readonly tensor?: TensorStream
  /** What the layout sees of the tensor. */
  readonly source?: { readonly byteLength: number }
}

const NO_BYTES = new Uint8Array(0)

/** @throws CheckpointError CKPT_UNSUPPORTED for what a checkpoint cannot hold so */
export function planValues(tensors: readonly TensorStream[], output: CheckpointOutput): Value[] {
  const { as, attribute } = output
  const values = tensors.map((tensor) => {
    if (as === 'numpyState') return npyValue(keyUnder(attribute, tensor.name), tensor)
    return tensorValue(as === 'tensors' ? tensor.name : variableKey(tensor.name), tensor)
  })
  if (as === 'tensors') {
    // The empty key is that of the header.
    const bad = values.find(({ key }) => key === '' || key === OBJECT_GRAPH_KEY)
    if (bad !== undefined) throw new RangeError(`'${bad.key}' cannot be the name of a tensor`)
    return values
  }
  const graph = graphOfNames(values.map(({ key }) => key))
  const nodes = graph.nodes.map((node) => ({
    ...node,
    hasCheckpointValues: node.attributes.length > 0,
  }))
  return [...values, stringValue(OBJECT_GRAPH_KEY, encodeObjectGraph({ nodes }))]
}

const variableKey = (name: string): string =>
  valueKey(name.split('/').map(escapeName).join('/'), VARIABLE_VALUE)

const keyUnder = (attribute: string, name: string): string =>
  valueKey(`${escapeName(attribute)}/${escapeName(name)}`, PY_STATE)

function tensorValue(key: string, tensor: TensorStream): Value {
  const { dtype, shape, byteLength } = tensor
  if (tensor.strings !== undefined) {
    if (dtype === 'string') return stringTensorValue(key, shape, [...tensor.strings()])
    throw notHeld(tensor, "leave it out by 'filter'")
  }
  const { tf } = dtypeInfo(dtype as DType)
  if (tf === 0) throw notHeld(tensor, "import it as a NumpyState (as: 'numpyState')")
  const source = { byteLength }
  return { key, dtype: tf, shape, head: NO_BYTES, seed: 0, tensor, source }
}

function npyValue(key: string, tensor: TensorStream): Value {
  const { dtype, shape, fortranOrder, byteLength } = tensor
  if (tensor.strings !== undefined) throw notHeld(tensor, "leave it out by 'filter'")
  const descr = tensor.descr ?? descrOfDType(dtypeInfo(dtype as DType))
  const header = encodeNpyHeader({ descr, fortranOrder, shape })
  const source = { byteLength }
  return { key, dtype: DT_STRING, shape: [], ...stringHead(header, byteLength), tensor, source }
}

function notHeld({ key, dtype, descr }: TensorStream, wayOut: string): CheckpointError {
  const feature = descr === undefined ? `dtype ${dtype}` : `NumPy type ${JSON.stringify(descr)}`
  const message = `'${key}' has ${feature}, which a tensor of a checkpoint does not hold; ${wayOut}`
  return new CheckpointError('CKPT_UNSUPPORTED', message, { feature, key })
}

/** @param prefix absolute */
export function* writeCheckpoint(
  operation: Operation,
  prefix: string,
  values: readonly Value[],
  output: CheckpointOutput,
  scratch: Scratch,
): Steps<void> {
  const { directory, base } = splitPrefix(prefix)
  const { durable } = output
  const { job, sync } = operation
  const layout = planLayout(values, output)
  const stale = yield* staged(operation, directory, durable, function* (staging) {
    const crcs = yield* writeShards(operation, staging, values, layout, durable, scratch)
    operation.end()
    operation.check()
    const existing = shardFilesOf(base, yield* listDirectory(directory, sync))
    const taken = new Set(existing.map(({ count }) => count))
    // As in a save: names that no other checkpoint of this prefix has.
    let count = layout.shardSizes.length
    while (taken.has(count)) count++
    const index = new IndexPlan(rowsOf(values, layout, crcs), count).bytes
    const shardPaths = Array.from({ length: count }, (_, i) => shardPath(prefix, i, count))
    const writtenShards = layout.shardSizes.length
    const plan = { shardPaths, writtenShards, indexPath: indexPath(prefix), index, durable }
    yield* wait(commit(job, staging, plan, sync))
    operation.settle()
    return existing.map(({ name }) => join(directory, name))
  })
  if (stale.length > 0) yield* wait(removeFiles(stale, sync))
}

/** @returns the checksum of each value, in order */
function* writeShards(
  operation: Operation,
  staging: Staging,
  values: readonly Value[],
  { placements, shardSizes }: Layout,
  durable: boolean,
  scratch: Scratch,
): Steps<number[]> {
  const crcs: number[] = []
  for (const [shard, size] of shardSizes.entries()) {
    // The names by which the commit finds them.
    yield* writeFile(operation, staging, `shard-${String(shard)}`, durable, function* (file) {
      for (let value = values[crcs.length]; value !== undefined; value = values[crcs.length]) {
        const placement = placements[crcs.length]
        if (placement?.shard !== shard) break
        yield* padTo(file, placement.offset)
        crcs.push(yield* writeValue(file, value, scratch))
      }
      yield* padTo(file, size)
    })
  }
  return crcs
}

const ZEROS = new Uint8Array(65536)

function* padTo(file: OutputFile, offset: number): Steps<void> {
  while (file.length < offset) {
    yield* file.append(ZEROS.subarray(0, Math.min(ZEROS.length, offset - file.length)))
  }
}

function* writeValue(file: OutputFile, value: Value, scratch: Scratch): Steps<number> {
  const { head, seed, tensor } = value
  for (let at = 0; at < head.length; at += PIECE) {
    yield* file.append(head.subarray(at, at + PIECE))
  }
  let crc = seed
  if (tensor === undefined) return crc
  yield* tensor.stream(scratch, function* (piece) {
    crc = crc32c(piece, crc)
    yield* file.append(piece)
  })
  return crc
}

function rowsOf(values: readonly Value[], { placements }: Layout, crcs: number[]): IndexRow[] {
  const rows = values.map(({ key, dtype, shape, head, source }, stored): IndexRow => {
    const { shard, offset } = placements[stored] ?? { shard: 0, offset: 0 }
    const size = head.length + (source?.byteLength ?? 0)
    const crc = mask(crcs[stored] ?? 0)
    const entry = { dtype, shape, shard, offset, size, crc, slices: [] }
    return { key: Buffer.from(key), entry, stored }
  })
  return rows.sort((a, b) => Buffer.compare(a.key, b.key))
}
