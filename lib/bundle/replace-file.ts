/**
 * Replaces a small file at once: it has the old content or the new one, never a part of it. This is a
 * save without data files.
 *
 * @module
 */
import { dirname } from 'node:path'
import { commit, createJob } from '../native.js'
import { wait, type Steps } from '../twin.js'
import { staged } from './staged.js'

/**
 * @param path absolute; missing directories are made
 * @param bytes must not change before the end
 * @param options `durable`: the new content survives a power loss from the end on
 * @throws CheckpointError CKPT_IO; the file is as it was before
 */
export function* replaceFile(
  path: string,
  bytes: Uint8Array,
  { durable }: { readonly durable: boolean },
  sync: boolean,
): Steps<void> {
  const job = createJob()
  yield* staged({ job, sync }, dirname(path), durable, function* (staging) {
    const file = { shardPaths: [], writtenShards: 0, indexPath: path, index: bytes, durable }
    yield* wait(commit(job, staging, file, sync))
  })
}
