// Trees of objects that both sides build: described for tf_trackables.py, with random values that
// ours hold.
import { Variable, zeros, type DType, type NdArray, type PythonState } from '../../lib/index.js'
import { arrayBytes, toHex } from './bytes'
import type { Random } from './random-arrays'

/** A value as tf_trackables.py reads and writes it. */
export interface LeafValue {
  readonly dtype?: DType
  readonly shape?: readonly number[]
  /** Bytes in hexadecimal; of a `json`, what it stands for. */
  readonly value: unknown
}

export interface TrackableNode {
  readonly kind: string
  readonly children: readonly (readonly [name: string, index: number])[]
  readonly dtype?: DType
  readonly shape?: readonly number[]
  /** Of a value that JavaScript has as a number, too. */
  readonly isNumber?: true
  /** How many random bytes a `state` has. */
  readonly length?: number
}

/** An object with children, by their indices in the tree. */
export const parent = (kind: string, ...children: [string, number][]): TrackableNode => ({
  kind,
  children,
})

/** A `tf.Variable`. */
export const variable = (dtype: DType, shape: readonly number[] = []): TrackableNode => ({
  kind: 'variable',
  children: [],
  dtype,
  shape,
})

/** One that JavaScript has as a number, too. */
export const number = (dtype: DType): TrackableNode => ({ ...variable(dtype), isNumber: true })

/** A NumPy array, as NumpyState keeps it. */
export const array = (dtype: DType, shape: readonly number[] = []): TrackableNode => ({
  ...variable(dtype, shape),
  kind: 'array',
})

/** A PythonState of so many random bytes. */
export const state = (length: number, ...children: [string, number][]): TrackableNode => ({
  ...parent('state', ...children),
  length,
})

/** A PythonState whose bytes are JSON. */
export const json: TrackableNode = parent('json')

/** Bits of a byte that mean something, where not all of them do. */
const MASKS: Readonly<Partial<Record<DType, number>>> = {
  bool: 1,
  int2: 3,
  uint2: 3,
  int4: 15,
  uint4: 15,
  float4_e2m1fn: 15,
}

function randomArray(random: Random, { dtype, shape = [], isNumber }: TrackableNode): NdArray {
  const made = zeros(shape, dtype)
  const { buffer, byteOffset, byteLength } = made.data
  if (isNumber) {
    made.set(random.integer(0, 100))
    return made
  }
  const mask = MASKS[made.dtype] ?? 255
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  bytes.set(random.bytes(byteLength).map((byte) => byte & mask))
  return made
}

const randomJson = (random: Random): unknown => ({
  'é "日本"': [random.integer(-(2 ** 40), 2 ** 40), random.chance(0.5), null, [], {}],
  rate: random.integer(1, 1000) / 1024,
})

/** Bytes that save themselves. */
export class Bytes implements PythonState {
  bytes: Uint8Array = new Uint8Array()

  serialize(): Uint8Array {
    return this.bytes
  }

  deserialize(bytes: Uint8Array): void {
    this.bytes = bytes
  }
}

export const describeValue = (value: NdArray): LeafValue => ({
  dtype: value.dtype,
  shape: [...value.shape],
  value: toHex(arrayBytes(value)),
})

/** The random values of one tree, and the places of a program where they are to be found. */
export class Leaves {
  readonly tree: readonly TrackableNode[]
  readonly #values = new Map<number, NdArray | Uint8Array | object>()
  readonly #places = new Map<number, () => LeafValue>()

  constructor(tree: readonly TrackableNode[], random: Random) {
    this.tree = tree
    for (const [i, node] of tree.entries()) {
      const { kind, dtype, length } = node
      if (dtype !== undefined) this.#values.set(i, randomArray(random, node))
      else if (length !== undefined) this.#values.set(i, random.bytes(length))
      else if (kind === 'json') this.#values.set(i, randomJson(random) as object)
    }
  }

  /** The tree for Python, with these values. */
  describe(): object[] {
    return this.tree.map((node, i) => ({ ...node, ...this.expected[i] }))
  }

  /** The values by index. */
  get expected(): Record<number, LeafValue> {
    return Object.fromEntries(
      Array.from(this.#values, ([i, value]) => [i, describeAny(value)] as const),
    )
  }

  /** What the program holds, by index. */
  get found(): Record<number, LeafValue> {
    return Object.fromEntries(Array.from(this.#places, ([i, read]) => [i, read()] as const))
  }

  /** The value of a leaf; the program keeps it where `read` finds it. */
  array(i: number, read: () => NdArray): NdArray {
    this.#places.set(i, () => describeValue(read()))
    return this.#values.get(i) as NdArray
  }

  variable(i: number): Variable<NdArray> {
    const made: Variable<NdArray> = new Variable(this.array(i, () => made.value))
    return made
  }

  /** @param into an object that saves itself */
  bytes<T extends { bytes: Uint8Array }>(i: number, into: T): T {
    into.bytes = this.#values.get(i) as Uint8Array
    this.#places.set(i, () => ({ value: toHex(into.bytes) }))
    return into
  }

  json(i: number, read: () => unknown): unknown {
    this.#places.set(i, () => ({ value: read() }))
    return this.#values.get(i)
  }
}

function describeAny(value: NdArray | Uint8Array | object): LeafValue {
  if (value instanceof Uint8Array) return { value: toHex(value) }
  return 'dtype' in value ? describeValue(value) : { value }
}
