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

/** The best of several ways, in each round. Undefined if they were not measured. */
function best(state, limit, pattern) {
  const rounds = pick(state, limit, pattern)
  return rounds.length === 0
    ? undefined
    : rounds.map((ways) => Math.min(...ways.map(([, milliseconds]) => milliseconds)))
}

// Its first call is no slower by itself: it is native code. Only more easily disturbed.
const json = (state, name) => limitNamed(state, 'JSON').map((round) => round[name])

/** The limits of a state by name: milliseconds, one value a round. */
export const limitsOf = (state) => ({
  memcpy: best(state, 'raw memcpy', /^memcpy$/),
  new: best(state, 'raw write', /^new /),
  recycled: best(state, 'raw write', /^recycled /),
  sum: best(state, 'raw read', /sum/),
  pread: best(state, 'raw read', /pread/),
  'JSON.stringify': json(state, 'JSON.stringify'),
  'JSON.parse': json(state, 'JSON.parse'),
})

/** All raw figures of a state: [name, milliseconds of each round]. */
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

/** Of one field, the median of the later samples of each round; of the only one if there is one. */
export const steady = ({ rounds }, field) =>
  rounds.map(({ samples }) =>
    median((samples.length > 1 ? samples.slice(1) : samples).map((sample) => sample[field])),
  )
