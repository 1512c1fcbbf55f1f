import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { removeFiles } from '../native.js'
import { wait, type Steps } from '../twin.js'
import { listDirectory } from './files.js'
import { indexPath, shardFilesOf, splitPrefix } from './names.js'
export const checkpointExists = (prefix: string): boolean => existsSync(indexPath(prefix))
export function* removeCheckpointFiles(prefix: string, sync: boolean): Steps<void> {
  const { directory, base } = splitPrefix(prefix)
  yield* wait(removeFiles([indexPath(prefix)], sync))
  const names = shardFilesOf(base, yield* listDirectory(directory, sync))
  yield* wait(
    removeFiles(
      names.map(({ name }) => join(directory, name)),
      sync,
    ),
  )
}
