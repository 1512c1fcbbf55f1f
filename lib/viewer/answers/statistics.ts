/**
 * What the numbers of a tensor are like, alone, among the others and over a run.
 *
 * @module
 */
import { Scratch, type SourceEntry, type SourceTensor } from '../../convert/tensor.js'
import { isCheckpointError } from '../../errors.js'
import { compareTensors } from '../../inspect/compare.js'
import { isNumeric } from '../../inspect/numbers.js'
import { statisticsOf, summaryOf, type Statistics } from '../../inspect/statistics.js'
import { runSync, type Steps } from '../../twin.js'
import type { Progress, TensorNorm, TensorStatistics, TrendPoint } from '../wire.js'
import { catalogOf } from './catalog.js'
import type { Place } from './opened.js'

/** Hears of what was read; throws to stop. */
export type OnProgress = (progress: Progress) => void

const BINS = 60
const scratch = new Scratch()

/** As the page takes them: integers past 2^53 are rounded. */
function plain(statistics: Statistics): TensorStatistics {
  const { count, nan, infinite, min, max, mean, std, histogram } = statistics
  if (min === undefined || max === undefined || mean === undefined || std === undefined) {
    return { count, nan, infinite }
  }
  const norm = Math.sqrt(count - nan - infinite) * Math.hypot(mean, std)
  const figures = { min: Number(min), max: Number(max), mean, std, norm }
  // Of the largest numbers some are past all numbers, which JSON has no word for.
  const known = Object.entries(figures).filter(([, value]) => Number.isFinite(value))
  const finite: Partial<typeof figures> = Object.fromEntries(known)
  return { count, nan, infinite, ...finite, ...(histogram && { histogram }) }
}

const withProgress = (total: number, onProgress: OnProgress): ((bytes: number) => void) => {
  let done = 0
  return (bytes) => {
    done += bytes
    onProgress({ done, total })
  }
}

export function tensorStatistics(
  place: Place,
  id: string,
  key: string,
  onProgress: OnProgress,
): TensorStatistics {
  const tensor = place.tensor(id, key).open()
  const onBytes = withProgress(2 * tensor.byteLength, onProgress)
  return plain(runSync(statisticsOf(tensor, scratch, { onBytes, bins: BINS })))
}

/** Of all tensors of floating-point numbers, in the order of the checkpoint: others are no weights. */
export function normsOf(place: Place, id: string, onProgress: OnProgress): TensorNorm[] {
  const { opened } = place.open(id)
  const floating = opened.source.entries
    .flatMap(openIfReadable)
    .filter(({ dtype }) => isNumeric(dtype) && /float|complex/.test(dtype))
  const total = floating.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const onBytes = withProgress(total, onProgress)
  return floating.flatMap((tensor) => {
    const { name, key } = tensor
    const { norm, count, nan, infinite } = plain(runSync(summaryOf(tensor, scratch, onBytes)))
    const finite = count - nan - infinite
    if (norm === undefined && finite > 0) return []
    return [{ name, key, norm: norm ?? 0, count: finite }]
  })
}

/** What cannot be read is told of by the contents. */
function openIfReadable(entry: SourceEntry): SourceTensor[] {
  try {
    return [entry.open()]
  } catch (error) {
    if (isCheckpointError(error)) return []
    throw error
  }
}

/** Of one tensor, checkpoint after checkpoint. */
export function trendOf(place: Place, key: string, onProgress: OnProgress): TrendPoint[] {
  const { checkpoints } = catalogOf(place)
  let before: SourceTensor | undefined
  return checkpoints.map(({ id }, i) => {
    onProgress({ done: i, total: checkpoints.length })
    try {
      const tensor = place.tensor(id, key).open()
      const steps = pointOf(id, tensor, before, () => {
        onProgress({ done: i, total: checkpoints.length })
      })
      before = tensor
      return runSync(steps)
    } catch (error) {
      if (!isCheckpointError(error)) throw error
      before = undefined
      return { id, missing: error.message }
    }
  })
}

function* pointOf(
  id: string,
  tensor: SourceTensor,
  before: SourceTensor | undefined,
  onBytes: () => void,
): Steps<TrendPoint> {
  if (!isNumeric(tensor.dtype)) return { id, missing: `${tensor.dtype} has no figures` }
  const { norm, mean, std, min, max } = plain(yield* summaryOf(tensor, scratch, onBytes))
  const figures = {
    ...(norm !== undefined && { norm }),
    ...(mean !== undefined && { mean }),
    ...(std !== undefined && { std }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  }
  const isLike =
    before?.dtype === tensor.dtype &&
    before.shape.join() === tensor.shape.join() &&
    before.itemsize === tensor.itemsize
  if (!isLike) return { id, ...figures }
  const exact = { rtol: 0, atol: 0, equalNan: true }
  const found = yield* compareTensors(before, tensor, exact, scratch)
  const { meanDifference: meanChange, maxDifference: maxChange, changed } = found
  return { id, ...figures, meanChange, maxChange, changed }
}
