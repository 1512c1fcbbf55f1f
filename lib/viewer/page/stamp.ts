/**
 * What tells one state of a checkpoint from another. A run that goes on has new checkpoints all the
 * time; what was asked of the others holds.
 *
 * @module
 */
import type { Catalog } from '../wire.js'

export function stampOf(catalog: Catalog | undefined, checkpoint: string | undefined): string {
  const item = catalog?.checkpoints.find(({ id }) => id === checkpoint)
  return item === undefined ? '' : [item.time, item.bytes, item.problem].join(' ')
}
