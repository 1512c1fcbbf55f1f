/**
 * A checkpoint that a manager answers for, and what it remembers of it.
 *
 * @module
 */
import { openCheckpointSync } from '../bundle/read/open.js'
import { parseSaveInfo, SAVE_INFO_KEY, type SaveInfo } from '../bundle/save-info.js'
import { isCheckpointError } from '../errors.js'
import type { SavedCheckpoint } from './retention.js'

export class ManagedCheckpoint implements SavedCheckpoint {
  readonly path: string
  readonly timestamp: number
  /** It was read whole, or written and synced by this process: its bytes are right. */
  verified = false
  /** It was tried and could not be read. */
  broken = false
  #info: SaveInfo | undefined

  /** @param info default: read from the checkpoint when it is asked for */
  constructor(path: string, timestamp: number, info?: SaveInfo) {
    this.path = path
    this.timestamp = timestamp
    this.#info = info
  }

  get number(): number | undefined {
    return numberOf(this.path)
  }

  get step(): number | undefined {
    return this.#readInfo().step
  }

  get metric(): number | undefined {
    return this.#readInfo().metric
  }

  get pinned(): boolean {
    return this.#readInfo().pinned === true
  }

  /** Of a checkpoint of an earlier run: from its index, at the first question. */
  #readInfo(): SaveInfo {
    return (this.#info ??= readInfo(this.path))
  }
}

/** The number at the end of a prefix. */
export function numberOf(prefix: string): number | undefined {
  const number = /-(\d+)$/.exec(prefix)?.[1]
  return number === undefined ? undefined : Number(number)
}

function readInfo(path: string): SaveInfo {
  try {
    const reader = openCheckpointSync(path)
    try {
      return reader.has(SAVE_INFO_KEY) ? parseSaveInfo(reader.getBytes(SAVE_INFO_KEY)) : {}
    } finally {
      reader.closeSync()
    }
  } catch (error) {
    // It cannot be read: that is the restore's to say, not this question's.
    if (isCheckpointError(error)) return {}
    throw error
  }
}
