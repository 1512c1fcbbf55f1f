/**
 * All contestants. One has
 * - `name`, unique; `kind`: 'save', 'restore' or 'loop'; `promises`: what its user gets, for the table;
 * - `peer`, 'node' or 'python', unless it is this library;
 * - `package`, the npm package, or `python`, the modules, without which it is left out;
 * - `every`, optional: plays in every n-th round only;
 * - `refuses(specs)`, optional: the reason why a workload is not for it;
 * - `memory`: at the worst it holds so many times the state; default 1. `disk`: so many times the
 *   state are its files; default 1;
 * - of a save: `open(state)` giving `{ save(directory) }`, which writes into an empty directory.
 *   Optional: `saves`, how many in a contest; `steadyFrom`, the first of them that counts as steady;
 *   `oneDirectory`, true if all go into the same directory; beside `save`: `latest()`, with which the
 *   paths of the last save's files begin, `written()`, the bytes that the last save has written, and
 *   `close()`;
 * - of a restore: `limit`, the raw figure it is printed beside ('JSON.parse', 'sum' or 'pread' of
 *   report/figures.mjs); `format`, the name of the save that writes what it reads, and `open(specs)` giving
 *   `{ restore(directory), arrays() }`; `restore` is timed until the arrays may be used, `arrays()`
 *   gives them as typed arrays in the order of `specs`. Optional: `restores`, how many in a contest;
 *   beside `restore`: `close()`;
 * - of a loop: `saves`, the name of the save whose background is watched.
 *
 * `save` and `restore` may return a promise or block. Those with `python` have neither: python/ does.
 * Add a file, add it here.
 */
import arrow from './arrow.mjs'
import fs from './fs.mjs'
import h5wasm from './h5wasm.mjs'
import lmdb from './lmdb.mjs'
import ndcheckpoint from './ndcheckpoint.mjs'
import npz from './npz.mjs'
import python from './python.mjs'
import serialize from './serialize.mjs'

export const contestants = [
  ...ndcheckpoint,
  ...fs,
  ...serialize,
  ...lmdb,
  ...arrow,
  ...h5wasm,
  ...npz,
  ...python,
]

export const contestantNamed = (name) => contestants.find((contestant) => contestant.name === name)
