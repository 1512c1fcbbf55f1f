/**
 * Checks a whole checkpoint: every block, every tensor, all problems and not only the first.
 *
 * @module
 */
import { DT_STRING, DT_VARIANT } from '../../array/dtype.js'
import { CheckpointError, isCheckpointError, type ErrorCode } from '../../errors.js'
import type { Steps } from '../../twin.js'
import type { Extent } from './extent.js'
import { checksums } from './prepare.js'
import type { BundleEntry } from '../messages.js'
import type { Operation } from '../operation.js'
import { checkClaims, type TensorContext } from './tensor-context.js'
import { numericTensor, stringTensor } from './tensors.js'

/** Something that is wrong with a checkpoint. */
export interface VerifyProblem {
  /** Of the error that reading it would throw. */
  readonly code: ErrorCode
  /** The file concerned. */
  readonly path: string
  /** The tensor concerned; absent if it is the index, or a whole file. */
  readonly key?: string
  /** What is wrong, for people: the message of that error. */
  readonly reason: string
}

/** What `verify` has found. */
export interface VerifyReport {
  /** True if there are no problems. */
  readonly ok: boolean
  /** All of them, not only the first. */
  readonly problems: readonly VerifyProblem[]
  /** Tensors that were checked. */
  readonly tensors: number
  /** Bytes of which checksums were computed. */
  readonly bytes: number
}

/** @param found what was wrong with the index */
export function* verifyBundle(
  context: TensorContext,
  operation: Operation,
  found: readonly VerifyProblem[] = [],
): Steps<VerifyReport> {
  const { index, shards } = context
  const unmapped = shards.failures().map(({ path, error }) => toProblem(error, path))
  const missing = new Set(unmapped.map(({ path }) => path))
  const problems = [...found, ...unmapped]
  const extents: Extent[] = []
  try {
    checkClaims(context)
  } catch (error) {
    problems.push(toProblem(error, index.path))
    return { ok: false, problems, tensors: 0, bytes: 0 }
  }
  for (const [key, entry] of index.entries) {
    try {
      extents.push(...extentsOf(context, entry, key))
    } catch (error) {
      const problem = toProblem(error, index.path, key)
      // A missing shard is one problem, not one for each of its tensors.
      if (!missing.has(problem.path)) problems.push(problem)
    }
  }
  const sums = yield* sumsOf(operation, extents)
  let bytes = 0
  for (const [i, extent] of extents.entries()) {
    bytes += extent.range.length
    const sum = sums[i] ?? 0
    try {
      if (typeof sum !== 'number') throw sum
      extent.settle(sum)
    } catch (error) {
      problems.push(toProblem(error, index.path, extent.key))
    }
  }
  return { ok: problems.length === 0, problems, tensors: index.entries.size, bytes }
}

/** The checksum of each extent, or why it has none: a disk may fail here and there. */
function* sumsOf(
  operation: Operation,
  extents: readonly Extent[],
): Steps<(number | CheckpointError)[]> {
  try {
    return [...(yield* checksums(operation, extents))]
  } catch (error) {
    if (!isCheckpointError(error)) throw error
    if (extents.length === 1) return [error]
    // Those that fail are found by halves: few of many, as a rule.
    const middle = extents.length >> 1
    const first = yield* sumsOf(operation, extents.slice(0, middle))
    return first.concat(yield* sumsOf(operation, extents.slice(middle)))
  }
}

function extentsOf(context: TensorContext, entry: BundleEntry, key: string): Extent[] {
  const isText = entry.dtype === DT_STRING || entry.dtype === DT_VARIANT
  return (isText ? stringTensor : numericTensor)(context, entry, key).extents
}

/** @throws what is no failure of the checkpoint */
export function toProblem(error: unknown, path: string, key?: string): VerifyProblem {
  if (!(error instanceof CheckpointError)) throw error
  const details = error.details as { path?: string; key?: string }
  const named = details.key ?? key
  const problem = {
    code: error.code as ErrorCode,
    path: details.path ?? path,
    reason: error.message,
  }
  return named === undefined ? problem : { ...problem, key: named }
}
