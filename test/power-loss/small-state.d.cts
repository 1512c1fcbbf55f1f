import type { Checkpoint, NumpyState, SaveOptions } from '../../lib/index.js'

export interface Steps {
  readonly state: NumpyState
  readonly checkpoint: Checkpoint<{ state: NumpyState }>
}
export function makeState(step: number, large?: boolean): Steps
export function steady(state: Record<string, NdArray>): void
export function fill(state: NumpyState, step: number): void
export function stepOf(state: NumpyState): number
export const SHARDED: SaveOptions
