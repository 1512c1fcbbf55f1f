/**
 * Figures of a report: series with one value a round, so that a ratio compares what was measured
 * within the same round, and only then the median is taken. Undefined is the value of a round in which
 * it was not measured: some contestants sit out every other one.
 */

export const measured = (values) => values.filter((value) => value !== undefined)

export function median(values) {
  const sorted = measured(values).sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export const ratio = (series, others) =>
  series.map((value, round) =>
    value === undefined || others[round] === undefined ? undefined : value / others[round],
  )

const limitNamed = (state, name) => state.limits.find((limit) => limit.name === name)?.rounds ?? []

const pick = (state, limit, pattern) =>
  limitNamed(state, limit).map((figures) =>
    Object.entries(figures).filter(([name]) => pattern.test(name)),
  )

/** The best of several ways, in each round. Undefined if there is a round without any. */
function best(state, limit, pattern) {
  const rounds = pick(state, limit, pattern)
  return rounds.length === 0 || rounds.some((ways) => ways.length === 0)
    ? undefined
    : rounds.map((ways) => Math.min(...ways.map(([, milliseconds]) => milliseconds)))
}

// Its first call is no slower by itself: it is native code. Only more easily disturbed.
const json = (state, name) => limitNamed(state, 'JSON').map((round) => round[name])

/** The limits of a state by name: milliseconds, one value a round. */
export const limitsOf = (state) => ({
  memcpy: best(state, 'raw memcpy', /^memcpy$/),
  fork: best(state, 'raw memcpy', /^fork$/),
  new: best(state, 'raw write', /^new /),
  recycled: best(state, 'raw write', /^recycled /),
  sum: best(state, 'raw read', /sum/),
  pread: best(state, 'raw read', /pread/),
  'JSON.stringify': json(state, 'JSON.stringify'),
  'JSON.parse': json(state, 'JSON.parse'),
})

/** All raw figures of a state: [name, milliseconds of each round in which it was measured]. */
export function rawFigures(state) {
  const rows = new Map()
  for (const limit of ['raw memcpy', 'raw write', 'raw read']) {
    for (const figures of pick(state, limit, /^/)) {
      for (const [name, milliseconds] of figures) {
        rows.set(name, [...(rows.get(name) ?? []), milliseconds])
      }
    }
  }
  return [...rows]
}

/** Of a contestant, what `pick` takes of each round that it played. */
export const ofRounds = ({ rounds }, pick) =>
  rounds.map((round) => (round === null ? undefined : pick(round)))

/** Of one field, the first sample of each round: code and buffers are cold. */
export const first = (contestant, field) => ofRounds(contestant, ({ samples }) => samples[0][field])

/**
 * Of one field, the median of each round's samples from `steadyFrom` on, by default the second; of the
 * only one if there is one.
 */
export const steady = (contestant, field) =>
  ofRounds(contestant, ({ samples }) => {
    const from = Math.min(contestant.steadyFrom ?? 1, samples.length - 1)
    const values = measured(samples.slice(from).map((sample) => sample[field]))
    return values.length === 0 ? undefined : median(values)
  })

/** Until a first step is done: restored, all read, all updated. */
export const total = (contestant) =>
  ofRounds(contestant, ({ samples: [{ wall, read = 0, update = 0 }] }) => wall + read + update)

/** The least of several series in each round in which all were measured; undefined of no series. */
export const least = (series) =>
  series.length === 0
    ? undefined
    : series[0].map((_, round) => {
        const values = series.map((values) => values[round])
        return values.includes(undefined) ? undefined : Math.min(...values)
      })
