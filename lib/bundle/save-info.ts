/**
 * What a save is told about itself: its step, its metric, whether it is to be kept. It is saved in
 * the checkpoint, in one string that no object refers to, so that it cannot be lost or be another
 * checkpoint's; TensorFlow passes it over.
 *
 * @module
 */

export interface SaveInfo {
  /** Of training, as the manager's step counter tells. */
  readonly step?: number | undefined
  /** How good it is, by the program's measure. */
  readonly metric?: number | undefined
  /** Never to be removed by a manager. */
  readonly pinned?: boolean | undefined
}

/** Key of the string. */
export const SAVE_INFO_KEY = '_NDCHECKPOINT_SAVE_INFO'

/** The string's content; undefined if there is nothing to say. */
export function formatSaveInfo({ step, metric, pinned }: SaveInfo): Uint8Array | undefined {
  const told = {
    ...(step !== undefined && { step }),
    ...(metric !== undefined && { metric }),
    ...(pinned === true && { pinned }),
  }
  return Object.keys(told).length === 0 ? undefined : Buffer.from(JSON.stringify(told))
}

/** What of it can be understood: the string may be of another version, or forged. */
export function parseSaveInfo(bytes: Uint8Array): SaveInfo {
  let told: unknown
  try {
    told = JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return {}
  }
  if (typeof told !== 'object' || told === null) return {}
  const { step, metric, pinned } = told as Readonly<Record<string, unknown>>
  return {
    ...(isNumber(step) && { step }),
    ...(isNumber(metric) && { metric }),
    ...(pinned === true && { pinned }),
  }
}

const isNumber = (value: unknown): value is number => Number.isFinite(value)
