/**
 * splitDependency: several values of one object, each saved as a variable of its own. TensorFlow's
 * `tf.contrib.checkpoint.split_dependency` (contrib/checkpoint/python/split_dependency.py, 1.13).
 *
 * @module
 */
import { inspect, type InspectOptions } from 'node:util'
import type { DType } from '../array/dtype.js'
import type { ArrayInput, CheckedInput } from '../array/input.js'
import { zeros, type NdArray } from '../array/ndarray.js'
import { gather } from '../array/strides.js'
import { bytesOf } from '../array/typed-arrays.js'
import type { SerializedTensor } from '../bundle/messages.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import { arrayValue } from '../bundle/write/values.js'
import { VARIABLE_VALUE } from '../graph/keys.js'
import { NODE, type Assignment, type TrackableNode } from '../graph/node.js'
import { checkArray, checkDType, findVariable } from './variable-value.js'

type Fill = () => Readonly<Record<string, ArrayInput>>
type Consume = (values: Record<string, NdArray>) => void

/** What the values of one call of `splitDependency` share. */
class Split {
  readonly dtypes: ReadonlyMap<string, DType>
  readonly together = new Map<string, object>()
  readonly #fill: Fill
  readonly #consume: Consume
  /** What `fill` gave for each save that is under way. */
  readonly #filled = new WeakMap<object, ReadonlyMap<string, CheckedInput>>()
  /** What a restore has brought until all is there. */
  readonly #brought = new Map<string, NdArray>()

  constructor(dtypes: ReadonlyMap<string, DType>, fill: Fill, consume: Consume) {
    this.dtypes = dtypes
    this.#fill = fill
    this.#consume = consume
  }

  /** The values as they are now. */
  fill(): ReadonlyMap<string, CheckedInput> {
    const given: unknown = this.#fill()
    if (typeof given !== 'object' || given === null) throw wrongFill(`got ${show(given)}`)
    const other = Object.keys(given).find((name) => !this.dtypes.has(name))
    if (other !== undefined) throw wrongFill(`got another one, '${other}'`)
    const record = given as Readonly<Record<string, unknown>>
    const filled = new Map<string, CheckedInput>()
    for (const [name, dtype] of this.dtypes) {
      if (!Object.hasOwn(given, name)) throw wrongFill(`'${name}' is missing in ${show(given)}`)
      filled.set(name, checkFilled(name, record[name], dtype))
    }
    return filled
  }

  /** The same for all values of a save. */
  filledFor(save: object): ReadonlyMap<string, CheckedInput> {
    const filled = this.#filled.get(save) ?? this.fill()
    this.#filled.set(save, filled)
    return filled
  }

  /**
   * Keeps a restored value until all are there, then hands them over.
   *
   * @returns what undoes it
   */
  bring(name: string, array: NdArray): () => void {
    this.#brought.set(name, array)
    if (this.#brought.size < this.dtypes.size) return () => this.#brought.delete(name)
    // In the order of the names, whatever that of the restore.
    const values = Object.fromEntries(
      Array.from(this.dtypes.keys(), (key) => [key, this.#brought.get(key) as NdArray]),
    )
    this.#brought.clear()
    const before = Object.fromEntries(Array.from(this.fill(), ([key, now]) => [key, copyOf(now)]))
    const undo = (): void => {
      this.#consume(before)
    }
    try {
      this.#consume(values)
    } catch (error) {
      undo()
      throw error
    }
    return undo
  }
}

function checkFilled(name: string, value: unknown, dtype: DType): CheckedInput {
  try {
    return checkArray(value, dtype)
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause
    throw wrongFill(`'${name}' does not fit: ${cause.message}`, { cause })
  }
}

const show = (value: unknown): string => inspect(value, { depth: 0, breakLength: Infinity })

const wrongFill = (reason: string, options?: ErrorOptions): TypeError =>
  new TypeError(
    `fill() of a splitDependency must return one array for each of its names; ${reason}`,
    options,
  )

/** Memory of its own: `fill` may return what `consume` writes into. */
function copyOf(input: CheckedInput): NdArray {
  const copy = zeros(input.shape, input.info.name)
  bytesOf(copy.data).set(gather(input))
  return copy
}

/** One of the values: a trackable object without content of its own. */
export class SplitValue {
  /** Its name for `fill` and `consume`. */
  readonly name: string
  /** As it was given: arrays of `fill` must have it, restored ones do. */
  readonly dtype: DType
  readonly #split: Split

  /** @internal */
  constructor(name: string, dtype: DType, split: Split) {
    this.name = name
    this.dtype = dtype
    this.#split = split
  }

  #now(filled: ReadonlyMap<string, CheckedInput>): CheckedInput {
    return filled.get(this.name) as CheckedInput
  }

  #restore(
    attributes: readonly SerializedTensor[],
    reader: CheckpointReader,
  ): Assignment | undefined {
    const found = findVariable(attributes, reader, { dtype: this.dtype })
    if (found === undefined) return undefined
    const { attribute, array, extents } = found
    const attempt = (): (() => void) => this.#split.bring(this.name, array)
    return { attributes: [attribute], extents, attempt, apply: () => undefined }
  }

  static {
    Object.defineProperty(this.prototype, NODE, {
      value(this: SplitValue): TrackableNode {
        const { dtype } = this
        return {
          identity: this,
          together: this.#split.together,
          children: () => [],
          child: () => undefined,
          values: () => [
            {
              attribute: VARIABLE_VALUE,
              describe: () => ({ dtype, shape: this.#now(this.#split.fill()).shape }),
              encode: (key, save) => arrayValue(key, this.#now(this.#split.filledFor(save))),
            },
          ],
          restore: (attributes, reader) => this.#restore(attributes, reader),
        }
      },
    })
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: SplitValue, _depth: number, options: InspectOptions): string {
        return `SplitValue ${this.dtype} ${inspect(this.name, options)}`
      },
    })
  }
}

/**
 * Saves one thing as several variables, so that it is interchangeable in checkpoints with a program
 * that has these variables one by one, such as a fused kernel with its parts:
 *
 * ```js
 * class Fused extends Trackable {
 *   constructor(weights) {
 *     super()
 *     const fill = () => ({ first: weights.subarray(0, 2), second: weights.subarray(2) })
 *     const consume = ({ first, second }) => weights.set([...first.data, ...second.data])
 *     const dtypes = ['float32', 'float32']
 *     Object.assign(this, splitDependency(['first', 'second'], dtypes, fill, consume))
 *   }
 * }
 * ```
 *
 * All of the values are saved, by one call of `fill`, or none; all are restored, by one call of
 * `consume`, or none. A save that reaches only a part of them is a TypeError; a restore for which the
 * program or the checkpoint has only a part throws CKPT_MISMATCH. Values that are attached one by one
 * after a restore are handed over when the last is there.
 *
 * @param names of the values, for `fill` and `consume`; what they are saved as is the matter of the
 *   object that holds them
 * @param dtypes of the values, one for each name
 * @param fill returns an array for each name: its content when `save()` is called. It is called
 *   before `consume`, too, so that a restore that fails can be undone.
 * @param consume takes the restored arrays, of any shape. If it throws, nothing of the restore is
 *   kept, and it is called with the arrays of before.
 * @returns the trackable objects by name, to be made children of some object
 * @throws TypeError if names and dtypes do not fit
 */
export function splitDependency<N extends string>(
  names: readonly N[],
  dtypes: readonly DType[],
  fill: () => Readonly<Record<NoInfer<N>, ArrayInput>>,
  consume: (values: Record<NoInfer<N>, NdArray>) => void,
): Record<N, SplitValue> {
  checkArguments(names, dtypes, fill, consume)
  const kinds = new Map(names.map((name, i) => [name, checkDType(dtypes[i])]))
  const split = new Split(kinds, fill, consume)
  for (const [name, dtype] of kinds) split.together.set(name, new SplitValue(name, dtype, split))
  return Object.fromEntries(split.together) as Record<N, SplitValue>
}

function checkArguments(names: unknown, dtypes: unknown, fill: unknown, consume: unknown): void {
  const given: unknown[] = Array.isArray(names) ? names : []
  const isText = given.every((name) => typeof name === 'string')
  if (given.length === 0 || !isText || new Set(given).size < given.length) {
    throw new TypeError(`names must be an array of different strings, got ${inspect(names)}`)
  }
  if (!Array.isArray(dtypes) || dtypes.length !== given.length) {
    const expected = `an array of ${String(given.length)}, one for each name`
    throw new TypeError(`dtypes must be ${expected}, got ${inspect(dtypes)}`)
  }
  for (const [what, value] of Object.entries({ fill, consume })) {
    if (typeof value === 'function') continue
    throw new TypeError(`${what} must be a function, got ${show(value)}`)
  }
}
