/**
 * Which checkpoints there are, and what each of them takes.
 *
 * @module
 */
import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { shardFilesOf, indexPath } from '../../bundle/names.js'
import { statePath } from '../../bundle/state-file.js'
import { listRun, type ListedCheckpoint } from '../../inspect/run-listing.js'
import type { Catalog, CheckpointItem } from '../wire.js'
import { stampOf, type Place } from './opened.js'

/** Changes with every save and every removal. */
export function versionOf(place: Place): string {
  if (!place.isRun) return stampOf(indexPath(place.path)) || stampOf(place.path)
  return `${stampOf(place.path)} ${stampOf(statePath(place.path))}`
}

export function catalogOf(place: Place): Catalog {
  const version = versionOf(place)
  if (!place.isRun) return singleOf(place, version)
  const { directory, checkpoints, apparentBytes, realBytes } = listRun(place.path)
  return {
    ...{ path: directory, kind: 'run', version, apparentBytes, realBytes },
    checkpoints: checkpoints.map(itemOf),
  }
}

function itemOf(listed: ListedCheckpoint): CheckpointItem {
  const { path, number, step, metric, problem } = listed
  const { pinned, time, bytes, newBytes, linkedBytes, latest } = listed
  return {
    ...{ id: basename(path), pinned, time, bytes, newBytes, linkedBytes, latest },
    ...(number !== undefined && { number }),
    ...(step !== undefined && { step }),
    ...(metric !== undefined && { metric }),
    ...(problem !== undefined && { problem }),
  }
}

function singleOf(place: Place, version: string): Catalog {
  const { path, id } = place
  const stats = filesOf(path).map((file) => statSync(file))
  const bytes = stats.reduce((sum, { size }) => sum + size, 0)
  const time = Math.max(0, ...stats.map(({ mtimeMs }) => mtimeMs)) / 1000
  const sizes = { bytes, newBytes: bytes, linkedBytes: 0 }
  const item: CheckpointItem = { id, time, ...sizes, pinned: false, latest: true }
  return {
    ...{ path, kind: 'single', version, apparentBytes: bytes, realBytes: bytes },
    checkpoints: [item],
  }
}

/** Of a checkpoint its index and its data files. */
function filesOf(path: string): string[] {
  if (stampOf(indexPath(path)) === '') return [path]
  const directory = dirname(path)
  const shards = shardFilesOf(basename(path), readdirSync(directory))
  return [indexPath(path), ...shards.map(({ name }) => join(directory, name))]
}
