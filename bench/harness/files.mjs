/** Files of the benchmark. */
import { open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

export async function filesIn(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
}

/** @param prefix of the files of the directory that count; default: all of it, at any depth */
export async function bytesIn(directory, prefix) {
  const paths =
    prefix === undefined
      ? await filesIn(directory)
      : // What a program keeps in hidden directories comes and goes.
        (await readdir(directory))
          .map((name) => join(directory, name))
          .filter((path) => path.startsWith(prefix))
  const sizes = await Promise.all(paths.map((path) => stat(path)))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}

/**
 * Removes a directory and waits until the disk has digested it: freeing a gigabyte can take a second
 * and slows every sync meanwhile.
 */
export async function removeSettled(directory) {
  await rm(directory, { recursive: true, force: true })
  await settle(join(directory, '..'))
}

/** Waits until the disk has digested what was done in a directory. */
export async function settle(directory) {
  const handle = await open(directory)
  await handle.sync()
  await handle.close()
  await setTimeout(200)
}
