/**
 * Staging directories for files that are not the data files of a save.
 *
 * They are those of a save without data: nobody can guess their names, no link is followed in them, and
 * the lock of one is the kernel's and goes with the process, so that what a dead process left is told
 * from what is in use, and removed, by the next save or replacement beside it.
 *
 * @module
 */
import { createSnapshot, discard, writeShards, type Job, type Staging } from '../native.js'
import { wait, type Steps } from '../twin.js'

const NO_SHARDS = {
  shardSizes: new Float64Array(0),
  extents: new Float64Array(0),
  heads: new Uint8Array(0),
  sources: [],
}
const SMALL = { threads: 1, writer: 'auto', maxBytesPerSecond: 0, spares: undefined } as const

/**
 * Runs `body` with a staging directory, which is gone afterwards with all that is still in it.
 *
 * @param directory absolute; made if it is missing
 * @throws CheckpointError CKPT_IO, and what `body` throws
 */
export function* staged<T>(
  { job, sync }: { readonly job: Job; readonly sync: boolean },
  directory: string,
  durable: boolean,
  body: (staging: Staging) => Steps<T>,
): Steps<T> {
  const snapshot = createSnapshot(NO_SHARDS, 'none')
  try {
    const plan = { ...SMALL, directory, snapshot, durable }
    const { staging } = yield* wait(writeShards(job, plan, sync))
    try {
      return yield* body(staging)
    } finally {
      // Of one that was committed nothing is left to discard.
      yield* wait(discard(staging, sync))
    }
  } finally {
    snapshot.release()
  }
}
