/** What is aimed at, beside what was measured. Nothing fails by it: machines and moments differ. */
import { first, limitsOf, ratio, steady } from './figures.mjs'
import { mebibytes, spread } from './markdown.mjs'

/** @returns rows: what, measured, aim */
export function targets(report) {
  const { states } = report
  return states.length === 1 ? targetsOf(states[0]) : comparison(states)
}

function targetsOf(state) {
  const limits = limitsOf(state)
  const rows = []
  const contestant = (name) => state.contestants.find((other) => other.name === name)
  const add = (name, what, aim, series) => {
    const found = contestant(name)
    if (found !== undefined) rows.push([`${name}: ${what}`, spread(series(found)), aim])
  }
  add('ndcheckpoint save, copy', 'call ÷ memcpy', '≤ 1.15', (found) =>
    ratio(steady(found, 'call'), limits.memcpy),
  )
  add('ndcheckpoint save, none', 'call ÷ JSON.stringify', '≤ 2', (found) =>
    ratio(steady(found, 'call'), limits['JSON.stringify']),
  )
  for (const name of ['copy', 'none']) {
    const save = `ndcheckpoint save, ${name}`
    add(save, 'best raw on a recycled file ÷ durable, steady', '≥ 0.9', (found) =>
      ratio(limits.recycled, steady(found, 'wall')),
    )
    add(save, 'best raw on a new file ÷ durable, first', '≥ 0.9', (found) =>
      ratio(limits.new, first(found, 'wall')),
    )
  }
  add('ndcheckpoint save, copy', 'private memory ÷ state', '≤ 1.05', ({ rounds }) =>
    rounds.map(({ anonymous }) => anonymous / state.payload),
  )
  for (const name of ['save, none', 'saveSync']) {
    add(`ndcheckpoint ${name}`, 'private memory, MiB', '≤ 64', ({ rounds }) =>
      rounds.map(({ anonymous }) => anonymous / 2 ** 20),
    )
  }
  add('ndcheckpoint restore, map, verify off', 'usable ÷ JSON.parse', '≤ 3', (found) =>
    ratio(first(found, 'wall'), limits['JSON.parse']),
  )
  add('ndcheckpoint restore, map, verify off', 'RSS growth, MiB', '< 64', (found) =>
    first(found, 'growth').map((bytes) => bytes / 2 ** 20),
  )
  add('ndcheckpoint restore, map, verify eager', 'best raw map + sum ÷ usable', '≥ 0.8', (found) =>
    ratio(limits.sum, first(found, 'wall')),
  )
  add('ndcheckpoint restore, load', 'best raw pread ÷ usable', '≥ 0.95', (found) =>
    ratio(limits.pread, first(found, 'wall')),
  )
  return rows
}

/** Of the same contestants on the first and the last state. */
function comparison(states) {
  const [small, large] = [states[0], states.at(-1)]
  return large.contestants.flatMap((contestant) => {
    const { name } = contestant
    const other = small.contestants.find((candidate) => candidate.name === name)
    if (other === undefined) return []
    const times = ratio(first(contestant, 'wall'), first(other, 'wall'))
    return [
      [`${name}: usable, ${large.label} ÷ ${small.label}`, spread(times), '1'],
      [`${name}: RSS growth, MiB, ${large.label}`, mebibytes(first(contestant, 'growth')), '< 64'],
    ]
  })
}
