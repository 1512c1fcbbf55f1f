/** How the cost grows: one table for each series of states, time by array or by byte. */
import { first, limitsOf, median, ofRounds, steady } from './figures.mjs'
import { number, table } from './markdown.mjs'

const ABOUT = {
  arrays: {
    title: 'Number of arrays',
    unit: 'microseconds for each array',
    per: ({ arrays }) => arrays / 1000,
  },
  bytes: {
    title: 'Bytes',
    unit: 'milliseconds for each GB',
    per: ({ payload }) => payload / 1e9,
  },
}

export function scalingTables(states) {
  return Object.entries(ABOUT).flatMap(([series, about]) => {
    const members = states.filter((state) => state.series === series)
    if (members.length === 0) return []
    const heading = `**${about.title}: milliseconds, and ${about.unit} in brackets**\n`
    return [
      heading,
      scalingTable(members, about),
      `Growth of private memory, MiB:\n`,
      memoryTable(members),
    ]
  })
}

const namesIn = (states) => [
  ...new Set(states.flatMap(({ contestants }) => contestants.map(({ name }) => name))),
]

const short = (name) => name.replace('ndcheckpoint ', '')

/** Of a save the call and the whole, of a restore the whole. */
function scalingTable(states, { per }) {
  const names = namesIn(states)
  const cell = (state, times) => {
    if (times === undefined) return '–'
    const middle = median(times)
    return `${number(middle)} (${number(middle / per(state))})`
  }
  const rows = states.map((state) => [
    state.label,
    ...names.flatMap((name) => {
      const found = state.contestants.find((contestant) => contestant.name === name)
      if (found === undefined) return name.includes('restore') ? ['–'] : ['–', '–']
      return found.kind === 'save'
        ? [cell(state, steady(found, 'call')), cell(state, steady(found, 'wall'))]
        : [cell(state, first(found, 'wall'))]
    }),
    ...['JSON.stringify', 'JSON.parse'].map((name) => cell(state, limitsOf(state)[name])),
  ])
  const columns = names.flatMap((name) =>
    name.includes('restore') ? [short(name)] : [`${short(name)}: call`, `${short(name)}: durable`],
  )
  return table(['', ...columns, 'JSON.stringify', 'JSON.parse'], rows)
}

function memoryTable(states) {
  const names = namesIn(states)
  const rows = states.map((state) => [
    state.label,
    ...names.map((name) => {
      const found = state.contestants.find((contestant) => contestant.name === name)
      if (found === undefined) return '–'
      return number(median(ofRounds(found, ({ anonymous }) => anonymous)) / 2 ** 20)
    }),
  ])
  return table(['', ...names.map(short)], rows)
}
