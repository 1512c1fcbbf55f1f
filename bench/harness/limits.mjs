/**
 * The least that JavaScript can do for as many arrays: to write their names, types and shapes as
 * JSON, and to read those and their offsets. Limit of what a save or restore may cost for each array.
 */
import { payloadOf, sizeOf } from '../workloads/state.mjs'

const REPEATS = 20

const median = (times) => [...times].sort((a, b) => a - b)[times.length >> 1]

export function measureLimits({ specs }) {
  let offset = 0
  const rows = specs.map(({ group, name, shape }) => ({
    name: `${group}/${name}`,
    dtype: 'float32',
    shape,
    offset: (offset += 4 * sizeOf(shape)),
  }))
  const described = JSON.stringify(rows)
  const written = rows.map(({ name, dtype, shape }) => ({ name, dtype, shape }))
  return {
    payload: payloadOf(specs),
    'JSON.stringify': repeat(() => JSON.stringify(written)),
    'JSON.parse': repeat(() => JSON.parse(described)),
  }
}

function repeat(body) {
  const times = Array.from({ length: REPEATS }, () => {
    const begin = performance.now()
    body()
    return performance.now() - begin
  })
  return median(times)
}
