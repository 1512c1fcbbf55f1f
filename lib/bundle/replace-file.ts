/**
 * Replaces a small file at once: it has the old content or the new one, never a part of it.
 *
 * This is a save without data files. The new file is made in a staging directory, whose name nobody
 * can guess and in which no link is followed, and renamed. The directory's lock is the kernel's and
 * goes with the process, so that what a dead one left is told from what is in use, and removed, by the
 * next save or replacement in the same directory.
 *
 * @module
 */
import { dirname } from 'node:path'
import { commit, createJob, createSnapshot, discard, writeShards } from '../native.js'
import { wait, type Steps } from '../twin.js'

const NO_SHARDS = {
  shardSizes: new Float64Array(0),
  extents: new Float64Array(0),
  heads: new Uint8Array(0),
  sources: [],
}
const SMALL = { threads: 1, writer: 'auto', maxBytesPerSecond: 0, spares: undefined } as const

/**
 * @param path absolute; missing directories are made
 * @param bytes must not change before the end
 * @param options `durable`: the new content survives a power loss from the end on
 * @throws CheckpointError CKPT_IO; the file is as it was before
 */
export function* replaceFile(
  path: string,
  bytes: Uint8Array,
  options: { readonly durable: boolean },
  sync: boolean,
): Steps<void> {
  const { durable } = options
  const job = createJob()
  const snapshot = createSnapshot(NO_SHARDS, 'none')
  const plan = { ...SMALL, directory: dirname(path), snapshot, durable }
  try {
    const { staging } = yield* wait(writeShards(job, plan, sync))
    const file = { shardPaths: [], writtenShards: 0, indexPath: path, index: bytes, durable }
    try {
      yield* wait(commit(job, staging, file, sync))
    } catch (error) {
      yield* wait(discard(staging, sync))
      throw error
    }
  } finally {
    snapshot.release()
  }
}
