/**
 * The checkpoints of a directory, and what each of them takes. A checkpoint that was saved
 * incrementally shares data files with others, by hard links: each file is counted where it came
 * first.
 *
 * @module
 */
import { statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { listDirectory } from '../bundle/files.js'
import { latestCheckpoint } from '../bundle/latest.js'
import { indexPath, shardFilesOf, shardPath } from '../bundle/names.js'
import { readIndex } from '../bundle/read/index-file.js'
import { openCheckpointSync } from '../bundle/read/open.js'
import { parseSaveInfo, SAVE_INFO_KEY, type SaveInfo } from '../bundle/save-info.js'
import { CheckpointError, isCheckpointError } from '../errors.js'
import { runSync } from '../twin.js'

export interface ListedCheckpoint {
  readonly path: string
  /** At the end of its name. */
  readonly number?: number
  /** As the manager was told; else absent. */
  readonly step?: number
  readonly metric?: number
  readonly pinned: boolean
  /** Seconds since 1970: of the index, which is written last. */
  readonly time: number
  readonly files: readonly FoundFile[]
  /** Of all of them. */
  readonly bytes: number
  /** Of files that no earlier checkpoint of the directory has. */
  readonly newBytes: number
  readonly linkedBytes: number
  /** Named by the state file as the newest. */
  readonly latest: boolean
  /** Why it cannot be used; absent if the index can be read and all data files are there. */
  readonly problem?: string
}

export interface RunListing {
  readonly directory: string
  /** Oldest first. */
  readonly checkpoints: readonly ListedCheckpoint[]
  /** Of all checkpoints, as if they shared nothing. */
  readonly apparentBytes: number
  /** Each file once. */
  readonly realBytes: number
  /** Data files without an index: of a removal that was cut short, or of a save that is under way. */
  readonly strays: readonly string[]
}

export interface FoundFile {
  readonly bytes: number
  /** Device and inode: the same for all names of a file. */
  readonly identity: string
}

/** @throws CheckpointError CKPT_NOT_FOUND if there is no such directory, CKPT_IO */
export function listRun(path: string): RunListing {
  const directory = resolve(path)
  const names = namesOf(directory)
  const latest = latestCheckpoint(directory)
  const bases = names.filter((name) => /.\.index$/.test(name)).map((name) => name.slice(0, -6))
  const described = bases.flatMap((base) => {
    const found = describe(directory, base, names)
    return found === undefined ? [] : [found]
  })
  described.sort((a, b) => (a.number ?? -1) - (b.number ?? -1) || a.time - b.time)
  const seen = new Set<string>()
  const checkpoints = described.map((known): ListedCheckpoint => {
    const sizes = share(known.files, seen)
    return { ...known, ...sizes, latest: latest !== null && resolve(latest) === known.path }
  })
  const sum = (of: (one: ListedCheckpoint) => number): number =>
    checkpoints.reduce((total, one) => total + of(one), 0)
  return {
    ...{ directory, checkpoints, strays: straysAmong(names, bases) },
    apparentBytes: sum(({ bytes }) => bytes),
    realBytes: sum(({ newBytes }) => newBytes),
  }
}

function namesOf(directory: string): string[] {
  const stats = statSync(directory, { throwIfNoEntry: false })
  if (stats?.isDirectory() !== true) {
    const message = `no directory '${directory}'; 'ls' takes the directory of a run`
    throw new CheckpointError('CKPT_NOT_FOUND', message, { path: directory })
  }
  return runSync(listDirectory(directory, true))
}

function straysAmong(names: readonly string[], bases: readonly string[]): string[] {
  const known = new Set(bases)
  return names
    .filter((name) => {
      const base = /^(.+)\.data-\d{5,}-of-\d{5,}$/.exec(name)?.[1]
      return base !== undefined && !known.has(base)
    })
    .sort()
}

type Described = Omit<ListedCheckpoint, 'bytes' | 'newBytes' | 'linkedBytes' | 'latest'>

/** Undefined if it has gone meanwhile. */
function describe(
  directory: string,
  base: string,
  names: readonly string[],
): Described | undefined {
  const path = join(directory, base)
  const time = statSync(indexPath(path), { throwIfNoEntry: false })?.mtimeMs
  if (time === undefined) return undefined
  const shards = shardFilesOf(base, names).map(({ name }) => join(directory, name))
  const files = [indexPath(path), ...shards].flatMap(findFile)
  const number = /-(\d{1,15})$/.exec(base)?.[1]
  const { info, problem } = look(path)
  return {
    ...{ path, time: time / 1000, files, pinned: info.pinned === true },
    ...(number !== undefined && { number: Number(number) }),
    ...(info.step !== undefined && { step: info.step }),
    ...(info.metric !== undefined && { metric: info.metric }),
    ...(problem !== undefined && { problem }),
  }
}

function findFile(path: string): FoundFile[] {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return []
  return [{ bytes: stats.size, identity: `${String(stats.dev)} ${String(stats.ino)}` }]
}

/** Whether a checkpoint could be read, without reading its data. */
function look(path: string): { info: SaveInfo; problem?: string } {
  try {
    const { header } = runSync(readIndex(path, true))
    for (let shard = 0; shard < header.numShards; shard++) {
      const file = shardPath(path, shard, header.numShards)
      if (statSync(file, { throwIfNoEntry: false }) === undefined) {
        return { info: {}, problem: `data file '${basename(file)}' is missing` }
      }
    }
    return { info: lookInside(path) }
  } catch (error) {
    if (isCheckpointError(error)) return { info: {}, problem: error.message }
    throw error
  }
}

/** @throws CheckpointError if a tensor lies outside of its file */
function lookInside(path: string): SaveInfo {
  const reader = openCheckpointSync(path)
  try {
    const info = reader.has(SAVE_INFO_KEY) ? parseSaveInfo(reader.getBytes(SAVE_INFO_KEY)) : {}
    for (const { key } of reader.variables()) reader.tensor(key)
    return info
  } finally {
    reader.closeSync()
  }
}

/** @param seen identities of the files of those before; grows */
function share(
  files: readonly FoundFile[],
  seen: Set<string>,
): Pick<ListedCheckpoint, 'bytes' | 'newBytes' | 'linkedBytes'> {
  let [newBytes, linkedBytes] = [0, 0]
  for (const { bytes, identity } of files) {
    if (seen.has(identity)) linkedBytes += bytes
    else newBytes += bytes
    seen.add(identity)
  }
  return { bytes: newBytes + linkedBytes, newBytes, linkedBytes }
}
