/** What saves cost that write only what has changed, by how much has: one table over all states. */
import { first, median, ofRounds, ratio, steady } from './figures.mjs'
import { number, table } from './markdown.mjs'

/** All others are compared with it, round by round. */
const FULL = 'ndcheckpoint save, copy'

const short = (name) => name.replace('ndcheckpoint ', '')

const middle = (series) => number(median(series))

/** Bytes: what those that say nothing of it write is all that they leave. */
const writtenBy = (contestant) =>
  steady(contestant, 'written').map((bytes, i) => bytes ?? contestant.rounds[i]?.bytes)

export function changesTable(states) {
  const rows = states.flatMap(({ label, payload, contestants }) => {
    const full = contestants.find(({ name }) => name === FULL)
    return contestants.map((contestant) => {
      const of = (field) => steady(contestant, field)
      const over = (field) => (full ? middle(ratio(of(field), steady(full, field))) : '–')
      const peak = median(ofRounds(contestant, ({ anonymous }) => anonymous)) / payload
      return [
        label,
        short(contestant.name),
        middle(of('call')),
        over('call'),
        middle(of('wall')),
        over('wall'),
        number(median(writtenBy(contestant)) / 1e6),
        full ? middle(ratio(writtenBy(contestant), writtenBy(full))) : '–',
        middle(first(contestant, 'wall')),
        number(peak),
      ]
    })
  })
  const header = [
    'changed',
    'save',
    'call',
    '÷ copy',
    'durable',
    '÷ copy',
    'MB written',
    '÷ copy',
    'first save: durable',
    'private memory ÷ state',
  ]
  return table(header, rows)
}

/** @returns rows: what, measured, aim */
export function changesTargets(states) {
  return states.flatMap(({ label, contestants }) => {
    const full = contestants.find(({ name }) => name === FULL)
    if (full === undefined) return []
    return contestants.flatMap((contestant) => {
      if (!contestant.name.includes('incremental')) return []
      const over = (field) => middle(ratio(steady(contestant, field), steady(full, field)))
      const what = `${short(contestant.name)}, ${label}`
      if (label.startsWith('100 ')) return [[`${what}: durable ÷ copy`, over('wall'), '≤ 1.1']]
      if (!label.startsWith('5 ')) return []
      return [
        [`${what}: durable ÷ copy`, over('wall'), '≤ 0.15'],
        [
          `${what}: bytes written ÷ copy`,
          middle(ratio(writtenBy(contestant), writtenBy(full))),
          '≤ 0.15',
        ],
        [`${what}: call ÷ copy`, over('call'), '≤ 1'],
      ]
    })
  })
}
