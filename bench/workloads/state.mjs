/**
 * Makes the arrays of a workload and checks restored ones against them.
 *
 * The content is noise, the same in every process, so that nothing between here and the disk can
 * leave pages out, and a restored array can be checked without a second copy of the state.
 */

/** Prime, so that rows of arrays do not repeat in step with pages. */
const NOISE_LENGTH = 1048573

export const makeNoise = () => {
  const noise = new Float32Array(NOISE_LENGTH)
  let state = 0x9e3779b9
  for (let i = 0; i < NOISE_LENGTH; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    noise[i] = state / 2 ** 31
  }
  return noise
}

/** Where the content of an array begins. Also in python/state.py. */
const start = (index) => (index * 7919) % NOISE_LENGTH

/** @returns an array per entry of `specs`: { group, name, shape, data } */
export function makeState(specs) {
  const noise = makeNoise()
  return specs.map((spec, index) => {
    const data = new Float32Array(sizeOf(spec.shape))
    let from = start(index)
    for (let at = 0; at < data.length; from = 0) {
      const part = noise.subarray(from, from + data.length - at)
      data.set(part, at)
      at += part.length
    }
    return { ...spec, data }
  })
}

/** Throws unless the first, the last and a middle element of each array are what was saved. */
export function checkState(specs, arrays) {
  const noise = makeNoise()
  if (arrays.length !== specs.length) throw new Error(`${arrays.length} arrays were restored`)
  for (const [index, { name, shape }] of specs.entries()) {
    const data = arrays[index]
    const size = sizeOf(shape)
    for (const i of [0, size >> 1, size - 1]) {
      const expected = noise[(start(index) + i) % NOISE_LENGTH]
      if (data.length === size && data[i] === expected) continue
      throw new Error(`'${name}' was restored wrong at ${i}: ${data[i]}, expected ${expected}`)
    }
  }
}

export const sizeOf = (shape) => shape.reduce((product, dimension) => product * dimension, 1)

export const payloadOf = (specs) => 4 * specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0)

/** Orders of the arrays that are tried: one of them has about the share of the bytes as well. */
const ORDERS = 64

/**
 * Changes every element of a share of the arrays, in each round others, which have about that share of
 * the bytes too: as the training of some layers leaves the rest alone.
 */
export function changeState(state, share, round) {
  const count = Math.round(share * state.length)
  const wanted = share * payloadOf(state)
  let best
  for (let order = 0; order < ORDERS; order++) {
    const chosen = shuffled(state, round * ORDERS + order).slice(0, count)
    const distance = Math.abs(payloadOf(chosen) - wanted)
    if (best === undefined || distance < best.distance) best = { chosen, distance }
  }
  for (const { data } of best.chosen) for (let at = 0; at < data.length; at++) data[at] = -data[at]
}

/** The same in every process. */
function shuffled(arrays, seed) {
  const order = [...arrays]
  let random = (seed + 1) * 0x9e3779b1
  for (let i = order.length - 1; i > 0; i--) {
    random ^= random << 13
    random ^= random >>> 17
    random ^= random << 5
    const other = (random >>> 0) % (i + 1)
    ;[order[i], order[other]] = [order[other], order[i]]
  }
  return order
}
