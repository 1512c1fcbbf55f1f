/** What is aimed at, beside what was measured. Nothing fails by it: machines and moments differ. */
import { changesTargets } from './changes.mjs'
import { first, limitsOf, ofRounds, ratio, steady } from './figures.mjs'
import { mebibytes, spread } from './markdown.mjs'
import { peerTargets } from './peer-targets.mjs'

/** @returns rows: what, measured, aim */
export function targets(report) {
  const { states, layout, workload } = report
  if (layout === 'scaling') return []
  if (layout === 'changes') return changesTargets(states)
  return states.length === 1 ? targetsOf(states[0], workload) : comparison(states)
}

/** Series by what they are divided by, or divide: undefined where either was not measured. */
const over = (series, others) => (others === undefined ? undefined : ratio(series, others))

const per = (bytes) => (series) => series.map((value) => value / bytes)
const inMebibytes = per(2 ** 20)

const privateMemory = (contestant) => ofRounds(contestant, ({ anonymous }) => anonymous)

const SAVES = [
  ['save, copy', 'call ÷ memcpy', '≤ 1.15', (c, l) => over(steady(c, 'call'), l.memcpy)],
  ['manager, copy', 'call ÷ memcpy', '≤ 1.15', (c, l) => over(steady(c, 'call'), l.memcpy)],
  ['save, fork', 'call ÷ memcpy', '≤ 0.15', (c, l) => over(steady(c, 'call'), l.memcpy)],
  [
    'save, none',
    'call ÷ JSON.stringify',
    '≤ 2',
    (c, l) => over(steady(c, 'call'), l['JSON.stringify']),
  ],
  [
    'manager, copy',
    'best raw on a recycled file ÷ durable, steady',
    '≥ 0.9',
    (c, l) => l.recycled && ratio(l.recycled, steady(c, 'wall')),
  ],
  ...['save, copy', 'save, none'].map((name) => [
    name,
    'best raw on a new file ÷ durable, first',
    '≥ 0.9',
    (c, l) => l.new && ratio(l.new, first(c, 'wall')),
  ]),
]

const MEMORY = [
  [
    'save, copy',
    'private memory ÷ state',
    '≤ 1.05',
    (c, _, state) => per(state.payload)(privateMemory(c)),
  ],
  ...['save, fork', 'save, none', 'saveSync'].map((name) => [
    name,
    'private memory, MiB',
    '≤ 64',
    (c) => inMebibytes(privateMemory(c)),
  ]),
]

const RESTORES = [
  [
    'restore, map, verify off',
    'usable ÷ JSON.parse',
    '≤ 3',
    (c, l) => over(first(c, 'wall'), l['JSON.parse']),
  ],
  ['restore, map, verify off', 'RSS growth, MiB', '< 64', (c) => inMebibytes(first(c, 'growth'))],
  [
    'restore, map, verify eager',
    'best raw map + sum ÷ usable',
    '≥ 0.8',
    (c, l) => l.sum && ratio(l.sum, first(c, 'wall')),
  ],
  [
    'restore, load',
    'best raw pread ÷ usable',
    '≥ 0.95',
    (c, l) => l.pread && ratio(l.pread, first(c, 'wall')),
  ],
]

/** Where the arrays are small, what is to be done for each of them is all there is. */
const SMALL_ARRAYS = ['cpu', 'main'].map((field) => [
  'save, none',
  field === 'cpu'
    ? 'CPU of all threads ÷ JSON.stringify'
    : 'CPU of the main thread ÷ JSON.stringify',
  '≤ 3',
  (c, l) => over(steady(c, field), l['JSON.stringify']),
])

function targetsOf(state, workload) {
  const limits = limitsOf(state)
  const small = workload === 'C' || workload === 'E-arrays' ? SMALL_ARRAYS : []
  const rows = [...SAVES, ...small, ...MEMORY, ...RESTORES].flatMap(([name, what, aim, series]) => {
    const found = state.contestants.find((other) => other.name === `ndcheckpoint ${name}`)
    return found === undefined
      ? []
      : [[`${found.name}: ${what}`, spread(series(found, limits, state)), aim]]
  })
  const loops = state.contestants
    .filter(({ kind }) => kind === 'loop')
    .map((contestant) => {
      const { promises } = contestant
      const ratios = ofRounds(contestant, ({ idle, saving }) => saving / idle)
      return [
        `event loop under disk load, ${promises}: longest block ÷ idle`,
        spread(ratios),
        '≤ 2',
      ]
    })
  return [...rows, ...loops, ...peerTargets(state)]
}

/** Of the same contestants on the first and the last state. */
function comparison(states) {
  const [small, large] = [states[0], states.at(-1)]
  return large.contestants.flatMap((contestant) => {
    const { name } = contestant
    const other = small.contestants.find((candidate) => candidate.name === name)
    if (other === undefined) return []
    const times = ratio(first(contestant, 'wall'), first(other, 'wall'))
    const what = `${name}: usable, ${large.label} ÷ ${small.label}`
    return [
      [what, spread(times), name.endsWith('off') ? '≤ 1.5' : '–'],
      [`${name}: RSS growth, MiB, ${large.label}`, mebibytes(first(contestant, 'growth')), '< 64'],
    ]
  })
}
