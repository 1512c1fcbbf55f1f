/**
 * All contestants. One has
 * - `name`, unique; `kind`: 'save' or 'restore'; `promises`: what its user gets, for the table;
 * - `refuses(specs)`, optional: the reason why a workload is not for it;
 * - of a save: `open(state)` giving `{ save(directory) }`, which writes into an empty directory;
 * - of a restore: `limit`, the raw figure it is printed beside ('JSON.parse', 'sum' or 'pread' of
 *   report/figures.mjs); `format`, the name of the save that writes what it reads, and `open(specs)` giving
 *   `{ restore(directory), arrays() }`; `restore` is timed until the arrays may be used, `arrays()`
 *   gives them as typed arrays in the order of `specs`.
 *
 * `save` and `restore` may return a promise or block. Add a file, add it here.
 */
import fs from './fs.mjs'
import ndcheckpoint from './ndcheckpoint.mjs'

export const contestants = [...ndcheckpoint, ...fs]

export const contestantNamed = (name) => contestants.find((contestant) => contestant.name === name)
