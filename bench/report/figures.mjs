/**
 * Figures of a report: series with one value a round, so that a ratio compares what was measured
 * within the same round, and only then the median is taken.
 */

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export const ratio = (series, others) => series.map((value, round) => value / others[round])

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

/** Of one field, the first sample of each round: code and buffers are cold. */
export const first = ({ rounds }, field) => rounds.map(({ samples }) => samples[0][field])

/**
 * Of one field, the median of each round's samples from `steadyFrom` on, by default the second; of the
 * only one if there is one.
 */
export const steady = ({ rounds, steadyFrom = 1 }, field) =>
  rounds.map(({ samples }) =>
    median(samples.slice(Math.min(steadyFrom, samples.length - 1)).map((sample) => sample[field])),
  )

/** Until a first step is done: restored, all read, all updated. */
export const total = ({ rounds }) =>
  rounds.map(({ samples: [{ wall, read = 0, update = 0 }] }) => wall + read + update)

/** The least of several series in each round; undefined of none. */
export const least = (series) =>
  series.length === 0
    ? undefined
    : series[0].map((_, round) => Math.min(...series.map((values) => values[round])))
