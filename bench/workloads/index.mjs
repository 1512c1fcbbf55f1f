/**
 * The workloads by name. A workload has
 * - `title`, and `states`: one, or several that are compared with each other. `specs(quick)` of a
 *   state names its arrays: { group, name, shape }, all float32;
 * - `kinds`, optional: what is measured of save, restore, loop; default save and restore;
 * - `plays(contestant)`, optional: the contestants that make sense for it;
 * - `rounds`, optional: how many by default; `saves`, `restores`: at most so many in a contest;
 * - `change`, optional: the share of the arrays that change from one save to the next; a state may
 *   have one of its own;
 * - `touch`, optional: false where restored arrays are neither read nor updated;
 * - `raw`, optional: false where the limits of disk and memory say nothing;
 * - `report`, optional: 'scaling' or 'changes' for one table over all states.
 */
import { gpt2 } from './gpt2.mjs'
import { equalArrays } from './equal-arrays.mjs'
import { sizes } from './sizes.mjs'

const lazy = (label, rows) => ({
  label,
  specs: (quick) => equalArrays(444, quick && rows > 1 ? rows / 64 : rows, 5905),
})

const named = (...names) => {
  const set = new Set(names)
  return ({ name }) => set.has(name)
}

/** Those that take a large state in their stride; each of the others would take minutes a round. */
const largeStates = ({ name }) =>
  name.startsWith('ndcheckpoint') || name.startsWith('fs.') || name.startsWith('safetensors')

export const workloads = {
  A: {
    title: 'one array of 1 GiB',
    states: [{ label: 'A', specs: (quick) => equalArrays(1, quick ? 16 : 256, 2 ** 20) }],
  },
  B: {
    title: "GPT-2 small with Adam's m and v: 444 arrays, 1.49 GB",
    states: [{ label: 'B', specs: gpt2 }],
    kinds: ['save', 'restore', 'loop'],
  },
  C: {
    title: '100,000 arrays of 64 floats',
    states: [{ label: 'C', specs: (quick) => equalArrays(quick ? 1e4 : 1e5, 1, 64) }],
  },
  D: {
    title: 'B, 5 % of the arrays changed since the last save',
    states: [{ label: 'D', specs: gpt2 }],
    kinds: ['save'],
    change: 0.05,
  },
  I: {
    title: 'B, a share of the arrays changed since the last save: all written, or what has changed',
    states: [0, 0.01, 0.05, 0.5, 1].map((change) => ({
      label: `${100 * change} % of the arrays`,
      specs: gpt2,
      change,
    })),
    kinds: ['save'],
    plays: ({ name }) => name.startsWith('ndcheckpoint manager') || name.endsWith('save, copy'),
    raw: false,
    report: 'changes',
  },
  'E-bytes': {
    title: '10 GiB in 64 arrays',
    states: [{ label: 'E-bytes', specs: (quick) => equalArrays(64, quick ? 640 : 40960, 1024) }],
    plays: largeStates,
    rounds: 3,
    saves: 2,
    restores: 1,
  },
  'E-arrays': {
    title: '1,000,000 arrays of 16 floats',
    states: [{ label: 'E-arrays', specs: (quick) => equalArrays(quick ? 2e4 : 1e6, 1, 16) }],
    rounds: 1,
    saves: 2,
    restores: 1,
  },
  L: {
    title: 'restore without verification: 444 arrays, 10 MiB and 10 GiB together',
    states: [lazy('10 MiB', 1), lazy('10 GiB', 1024)],
    plays: named('ndcheckpoint restore, map, verify off', 'ndcheckpoint restore, map, verify lazy'),
    touch: false,
  },
  S: {
    title: 'cost by number of arrays and by bytes',
    states: sizes,
    plays: named(
      'ndcheckpoint save, copy',
      'ndcheckpoint save, none',
      'ndcheckpoint restore, map, verify off',
      'ndcheckpoint restore, map, verify eager',
      'ndcheckpoint restore, load',
    ),
    rounds: 3,
    saves: 2,
    restores: 2,
    touch: false,
    raw: false,
    report: 'scaling',
  },
}
