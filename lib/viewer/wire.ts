/**
 * What the page asks and what it is answered: plain data, as JSON. Types only, for both sides.
 *
 * @module
 */

/** What a question may ask, and its answer. */
export interface Questions {
  catalog: { ask: Record<string, never>; answer: Catalog }
  /** Changes whenever `catalog` might. */
  version: { ask: Record<string, never>; answer: string }
  contents: { ask: OfCheckpoint; answer: Contents }
  values: { ask: OfTensor; answer: Values }
  statistics: { ask: OfTensor; answer: TensorStatistics }
  slice: { ask: SliceAsk; answer: Slice }
  norms: { ask: OfCheckpoint; answer: readonly TensorNorm[] }
  trend: { ask: { readonly key: string }; answer: readonly TrendPoint[] }
  verify: { ask: OfCheckpoint; answer: Integrity }
}

export type QuestionName = keyof Questions
export type Ask<N extends QuestionName> = Questions[N]['ask']
export type Answer<N extends QuestionName> = Questions[N]['answer']

/** One line of a response; the last is an answer or a failure. */
export type Line =
  { readonly progress: Progress } | { readonly answer: unknown } | { readonly failure: Failure }

/** In bytes. */
export interface Progress {
  readonly done: number
  readonly total: number
}

export interface Failure {
  /** As in docs/errors.md, or `ERROR`. */
  readonly code: string
  readonly message: string
}

export interface OfCheckpoint {
  /** `id` of one of the catalog. */
  readonly checkpoint: string
}

export interface OfTensor extends OfCheckpoint {
  readonly key: string
}

export interface Catalog {
  /** Absolute. */
  readonly path: string
  /** `run`: a directory with the checkpoints of a run. */
  readonly kind: 'run' | 'single'
  /** Oldest first; of a single one or a file, just it. */
  readonly checkpoints: readonly CheckpointItem[]
  /** Bytes of all checkpoints as if they shared nothing, and with each file counted once. */
  readonly apparentBytes: number
  readonly realBytes: number
  readonly version: string
}

export interface CheckpointItem {
  /** The end of its path. */
  readonly id: string
  readonly number?: number
  readonly step?: number
  readonly metric?: number
  readonly pinned: boolean
  /** Seconds since 1970. */
  readonly time: number
  readonly bytes: number
  /** Bytes of files that no earlier checkpoint has, and of those that one has. */
  readonly newBytes: number
  readonly linkedBytes: number
  readonly latest: boolean
  /** Why it cannot be used. */
  readonly problem?: string
}

export interface Contents {
  readonly path: string
  readonly format: string
  readonly tensors: readonly TensorItem[]
  readonly bytes: number
  /** Objects of the object graph; absent if there is none. */
  readonly objects?: number
  /** Why there is none although there should be. */
  readonly graphProblem?: string
}

export interface TensorItem {
  readonly key: string
  /** With slashes, of objects from the root on. */
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly bytes: number
  /** Its elements are numbers. */
  readonly numeric: boolean
  /** Why it cannot be read; it has no dtype and no shape then. */
  readonly problem?: string
  /** Other ways to the same object. */
  readonly aliases?: readonly string[]
}

export interface Values {
  /** As NumPy prints them. */
  readonly text: string
}

export interface TensorStatistics {
  readonly count: number
  readonly nan: number
  readonly infinite: number
  /** Absent if no element is finite; each of them if it would be past all numbers. */
  readonly min?: number
  readonly max?: number
  readonly mean?: number
  readonly std?: number
  /** Square root of the sum of squares. */
  readonly norm?: number
  /** Finite elements in equal parts of the range from min to max. */
  readonly histogram?: readonly number[]
}

/** A rectangle of two axes of a tensor. */
export interface SliceAsk extends OfTensor {
  /** Axes that go down and to the right; of a vector `row` is -1. */
  readonly row: number
  readonly column: number
  /** A place on every axis; those of the two axes do not count. */
  readonly index: readonly number[]
  /** Elements: from, to. Default: all. */
  readonly rows?: readonly [number, number]
  readonly columns?: readonly [number, number]
  /** At most so many cells in each direction. */
  readonly cells: number
}

export interface Slice {
  /** Elements that are shown: from, to. */
  readonly rows: readonly [number, number]
  readonly columns: readonly [number, number]
  readonly cellRows: number
  readonly cellColumns: number
  /** `exact`: a cell is an element; `mean`: of all of its elements; `sampled`: of some of them. */
  readonly how: 'exact' | 'mean' | 'sampled'
  /** Float64, little-endian, row by row, in base64; NaN where no element is finite. */
  readonly values: string
  /** Of the finite cells; absent if there are none. */
  readonly min?: number
  readonly max?: number
}

export interface TensorNorm {
  readonly key: string
  readonly name: string
  /** Of its finite elements, and how many these are. */
  readonly norm: number
  readonly count: number
}

export interface TrendPoint {
  /** Of a checkpoint. */
  readonly id: string
  /** Why there are no figures. */
  readonly missing?: string
  readonly norm?: number
  readonly mean?: number
  readonly std?: number
  readonly min?: number
  readonly max?: number
  /** Of the absolute differences to the checkpoint before; absent if that has another shape. */
  readonly meanChange?: number
  readonly maxChange?: number
  /** Elements that are not as in the checkpoint before. */
  readonly changed?: number
}

export interface Integrity {
  readonly ok: boolean
  readonly tensors: number
  readonly bytes: number
  readonly problems: readonly { readonly key?: string; readonly reason: string }[]
}
