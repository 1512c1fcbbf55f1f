/**
 * Loads what converts at the first conversion: most programs save and restore only, and should not
 * wait at their start for every format.
 *
 * @module
 */
import type { Steps } from '../twin.js'
import type { Transfer, TransferReport } from './transfer.js'

type Module = typeof import('./transfer.js')

/** `transfer` of `./transfer.js`. By `require`, because the blocking twins cannot wait for `import()`. */
export function transfer(request: Transfer, sync: boolean): Steps<TransferReport> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- only when it is needed
  const module = require('./transfer.js') as Module
  return module.transfer(request, sync)
}
