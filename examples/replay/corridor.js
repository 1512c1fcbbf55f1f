/**
 * What the agent of replay-buffer.js does in its corridor of cells: the reward is at the right end.
 *
 * @module
 */
'use strict'

const CELLS = 12
const [LEFT, RIGHT] = [0, 1]

/**
 * Mostly the better way, as far as the agent knows.
 *
 * @param {import('ndcheckpoint').NdArray} values of going left and right from each cell
 */
function choose(values, cell, random) {
  const [left, right] = [values.get(cell, LEFT), values.get(cell, RIGHT)]
  if (left === right || random.uniform() < 0.2) return random.uint32() % 2
  return right > left ? RIGHT : LEFT
}

/** What comes of it: cell, action, reward, next cell. */
function act(cell, action) {
  const next = Math.max(0, cell + (action === RIGHT ? 1 : -1))
  const isThere = next === CELLS - 1
  return [cell, action, isThere ? 1 : 0, next]
}

/** Learns from a memory. */
function learn(values, [cell, action, reward, next]) {
  const later = reward === 1 ? 0 : 0.9 * Math.max(values.get(next, LEFT), values.get(next, RIGHT))
  const value = values.get(cell, action)
  values.set(cell, action, value + 0.1 * (reward + later - value))
}

/** The better way from each cell. */
function show(values) {
  const arrow = (cell) => (values.get(cell, RIGHT) > values.get(cell, LEFT) ? '→' : '←')
  return Array.from({ length: CELLS - 1 }, (_, cell) => arrow(cell)).join('')
}

module.exports = { CELLS, act, choose, learn, show }
