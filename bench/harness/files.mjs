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

export async function bytesIn(directory) {
  const sizes = await Promise.all((await filesIn(directory)).map((path) => stat(path)))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}

/**
 * Removes a directory and waits until the disk has digested it: freeing a gigabyte can take a second
 * and slows every sync meanwhile.
 */
export async function removeSettled(directory) {
  await rm(directory, { recursive: true, force: true })
  const parent = await open(join(directory, '..'))
  await parent.sync()
  await parent.close()
  await setTimeout(200)
}
