/**
 * The workloads by their letter. A workload has a title, a list of `states` (one, or several that
 * are compared with each other), and optionally `only`, the contestants that make sense for it.
 * `specs(quick)` names the arrays: { group, name, shape }, all float32.
 */
import { gpt2 } from './gpt2.mjs'
import { equalArrays } from './equal-arrays.mjs'

const lazy = (label, columns) => ({
  label,
  specs: (quick) => equalArrays(444, quick && columns > 1 ? columns / 8 : columns, 885),
})

export const workloads = {
  A: {
    title: 'one array of 1 GiB',
    states: [{ label: 'A', specs: (quick) => equalArrays(1, quick ? 16 : 256, 2 ** 20) }],
  },
  B: {
    title: "GPT-2 small with Adam's m and v: 444 arrays, 1.49 GB",
    states: [{ label: 'B', specs: gpt2 }],
  },
  C: {
    title: '100,000 arrays of 64 floats',
    states: [{ label: 'C', specs: (quick) => equalArrays(quick ? 1e4 : 1e5, 1, 64) }],
  },
  L: {
    title: 'restore without verification: 444 arrays of 1.5 MiB and of 1.5 GiB together',
    states: [lazy('1.5 MiB', 1), lazy('1.5 GiB', 1024)],
    only: ['ndcheckpoint restore, map, verify off', 'ndcheckpoint restore, map, verify lazy'],
  },
}
