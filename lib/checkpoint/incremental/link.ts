/**
 * What the incremental ways of writing have in common: links to data files of the earlier checkpoint,
 * and the values that are written beside them.
 *
 * @module
 */
import { constants } from 'node:os'
import { chooseLinks, Delta } from '../../bundle/write/delta.js'
import type { PlacedFile, Places } from '../../bundle/write/places.js'
import { discard, FILE_COLUMNS, linkShards, type Staging } from '../../native.js'
import { wait, type Steps } from '../../twin.js'
import type { WritingRequest } from '../writing.js'
import type { CheckedIncremental } from './options.js'

/** A delta whose links have been made. */
export interface Linked {
  readonly delta: Delta
  readonly staging: Staging
  /** No link failed. */
  readonly isWhole: boolean
}

/**
 * Links what is worth it. A file that cannot be linked, because it is gone, has been changed or is on
 * another device, is as if its values had changed.
 *
 * @param places where values are that have not changed
 * @returns why nothing is linked, if nothing is
 */
export function* link(
  { operation, plan, directory, options }: WritingRequest,
  places: Places,
  limits: CheckedIncremental,
  sync: boolean,
): Steps<Linked | string> {
  const { bundle } = plan
  const wanted = chooseLinks(bundle, places, options, limits)
  if (wanted.length === 0) return NOTHING_TO_LINK
  const files = wanted.map((number) => places.files[number] as PlacedFile)
  const linkPlan = {
    directory,
    paths: files.map(({ path }) => path),
    files: identitiesOf(files),
    synced: Uint8Array.from(files, ({ isSynced }) => (isSynced ? 1 : 0)),
    durable: options.durable,
  }
  const { staging, errors } = yield* wait(linkShards(operation.job, linkPlan, sync))
  const links = wanted.filter((_, i) => errors[i] === 0)
  if (links.length === 0) {
    yield* wait(discard(staging, sync))
    return reasonOf(errors)
  }
  const isWhole = links.length === wanted.length
  return { delta: new Delta(bundle, places, links, options), staging, isWhole }
}

export const NOTHING_TO_LINK = 'no data file of the earlier checkpoint is worth a link any more'

function identitiesOf(files: readonly PlacedFile[]): BigUint64Array {
  const rows = new BigUint64Array(files.length * FILE_COLUMNS)
  for (const [i, { identity }] of files.entries()) rows.set(identity, i * FILE_COLUMNS)
  return rows
}

function reasonOf(errors: Int32Array): string {
  const { ENOENT, ESTALE, EXDEV } = constants.errno
  switch (errors[0]) {
    case ENOENT:
      return 'the data files of the earlier checkpoint are gone'
    case ESTALE:
      return 'the data files of the earlier checkpoint have been changed or replaced'
    case EXDEV:
      return 'the earlier checkpoint is on another device'
    default: {
      const names = Object.entries(constants.errno)
      const name = names.find(([, number]) => number === errors[0])?.[0] ?? 'unknown'
      return `the data files of the earlier checkpoint could not be linked (${name})`
    }
  }
}
