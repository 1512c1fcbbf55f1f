/**
 * Variable: one tensor. TensorFlow's `tf.Variable`, as far as a checkpoint knows it.
 *
 * @module
 */
import { inspect, type InspectOptions } from 'node:util'
import { dtypeInfo, type DType, type TypedArray } from '../array/dtype.js'
import type { ArrayInput, CheckedInput } from '../array/input.js'
import { NdArray, zeros } from '../array/ndarray.js'
import { readable } from '../array/readable.js'
import { isTypedArray } from '../array/typed-arrays.js'
import type { SerializedTensor } from '../bundle/messages.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import { arrayValue } from '../bundle/write/values.js'
import { CheckpointError } from '../errors.js'
import { VARIABLE_VALUE } from '../graph/keys.js'
import { NODE, type Assignment, type NodeValue, type TrackableNode } from '../graph/node.js'
import { HeldArray } from './held-array.js'
import { checkArray, checkDType, findVariable, show, type VariableInfo } from './variable-value.js'

/** What a `Variable` holds: a scalar of JavaScript, or an array. */
export type VariableValue = number | bigint | boolean | ArrayInput

/** What a `Variable` may be told beside its value. */
export interface VariableOptions {
  /** Name by which a checkpoint without objects (`tf.train.Saver`) knows it; default: its path. */
  readonly name?: string
}

/** A scalar comes back as the JavaScript type that the program gave. */
type ScalarType = 'number' | 'bigint' | 'boolean'

const SCALAR_DTYPES: Readonly<Record<ScalarType, DType>> = {
  number: 'float64',
  bigint: 'int64',
  boolean: 'bool',
}

class VariableBase implements VariableInfo {
  /** Fixed: a variable keeps the dtype and shape that it was made with. */
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly #held: HeldArray
  /** Of a variable whose value is a scalar of JavaScript; it is held as an array all the same. */
  readonly #scalar: ScalarType | undefined
  readonly #name: string | undefined

  constructor(value: VariableValue, dtype?: DType, options: VariableOptions = {}) {
    this.#name = checkName(options)
    this.#scalar = scalarTypeOf(value)
    if (this.#scalar !== undefined) {
      this.dtype = checkDType(dtype ?? SCALAR_DTYPES[this.#scalar])
      this.shape = Object.freeze([])
      this.#held = new HeldArray(scalarArray(value, this.dtype))
      return
    }
    const input = checkArray(value, dtype)
    this.dtype = input.info.name
    this.shape = Object.freeze([...input.shape])
    this.#held = new HeldArray(value as ArrayInput)
  }

  get value(): VariableValue {
    // A variable holds something from its first moment on.
    const held = this.#held.value as ArrayInput
    return this.#scalar === undefined ? held : fromArray(held as NdArray, this.#scalar)
  }

  set value(value: VariableValue) {
    if (this.#scalar !== undefined) {
      if (scalarTypeOf(value) !== this.#scalar) throw wrongValue(this, value, this.#scalar)
      this.#held.value = scalarArray(value, this.dtype)
      return
    }
    const { info, shape } = checkArray(value, isTypedArray(value) ? this.dtype : undefined)
    if (info.name !== this.dtype || String(shape) !== String(this.shape)) {
      throw wrongValue(this, value, 'array')
    }
    this.#held.value = value as ArrayInput
  }

  /**
   * The value as it is saved.
   *
   * @throws TypeError if it is no longer what it was: its memory was transferred or resized
   */
  #check(key: string): CheckedInput {
    const { value } = this.#held
    try {
      const checked = checkArray(value, isTypedArray(value) ? this.dtype : undefined)
      const now = show({ dtype: checked.info.name, shape: checked.shape })
      if (now === show(this)) return checked
      throw new TypeError(`its array is ${now} now and was ${show(this)}`)
    } catch (cause) {
      if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause
      throw new TypeError(`variable '${key}' cannot be saved: ${cause.message}`, { cause })
    }
  }

  #restore(
    attributes: readonly SerializedTensor[],
    reader: CheckpointReader,
  ): Assignment | undefined {
    const found = findVariable(attributes, reader, this)
    if (found === undefined) return undefined
    const { attribute, key, array, extents } = found
    const apply = (): void => {
      this.#held.replace(array, this.dtype)
    }
    if (this.#scalar === undefined) return { attributes: [attribute], extents, apply }
    // A few bytes: read now, so that applying cannot fail.
    for (const extent of extents) extent.checkNow()
    checkScalar(key, array, this.#scalar)
    const own = zeros([], this.dtype)
    own.set(array.get())
    return {
      attributes: [attribute],
      extents: [],
      apply: () => {
        this.#held.value = own
      },
    }
  }

  /** @internal */
  [NODE](): TrackableNode {
    const value: NodeValue = {
      attribute: VARIABLE_VALUE,
      ...(this.#name !== undefined && { fullName: this.#name }),
      describe: () => this,
      encode: (key) => {
        const array = this.#check(key)
        const encoded = arrayValue(key, array)
        this.#held.remember(array, encoded)
        return encoded
      },
      again: (form) => this.#held.again(form),
    }
    return {
      identity: this,
      children: () => [],
      child: () => undefined,
      values: () => [value],
      restore: (attributes, reader) => this.#restore(attributes, reader),
    }
  }

  static {
    Object.defineProperty(this, 'name', { value: 'Variable' })
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: VariableBase, _depth: number, options: InspectOptions): string {
        const value = readable(() => this.value)
        return `Variable ${show(this)} ${inspect(value, options)}`
      },
    })
  }
}

function scalarTypeOf(value: unknown): ScalarType | undefined {
  const type = typeof value
  return type === 'number' || type === 'bigint' || type === 'boolean' ? type : undefined
}

function checkName(options: VariableOptions): string | undefined {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError(`options must be an object, got ${inspect(options)}`)
  }
  const { name } = options
  if (name === undefined || (typeof name === 'string' && name !== '')) return name
  throw new TypeError(`options.name must be a string that is not empty, got ${inspect(name)}`)
}

/** @throws RangeError if the dtype cannot hold the number; TypeError if it holds no such thing */
function scalarArray(value: unknown, dtype: DType): NdArray {
  const array = zeros([], dtype)
  if (dtypeInfo(dtype).lanes === 2) {
    throw new TypeError(`a scalar ${dtype} Variable is made of an array: zeros([], '${dtype}')`)
  }
  const needsBoolean = dtype === 'bool'
  const fits = typeof value === 'bigint' ? isInteger(dtype) : true
  if (!fits || needsBoolean !== (typeof value === 'boolean')) {
    throw new TypeError(`a Variable of dtype ${dtype} cannot hold ${inspect(value)}`)
  }
  // 64-bit integers are set as bigints, which other numbers are not.
  if (/^u?int64$/.test(dtype) && typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw outside(value, dtype)
  }
  array.set(value as number | bigint | boolean)
  const stored = array.get()
  // Floats are rounded to the dtype, as everywhere; integers must fit.
  // Not `!==`: a number and a bigint may be the same integer.
  if (isInteger(dtype) && stored != value) throw outside(value, dtype)
  return array
}

const isInteger = (dtype: DType): boolean => /^q?u?int\d+$/.test(dtype)

function outside(value: unknown, dtype: DType): RangeError {
  return new RangeError(`a Variable of dtype ${dtype} cannot hold ${inspect(value)}`)
}

function fromArray(array: NdArray, type: ScalarType): number | bigint | boolean {
  const element = array.get() as number | bigint
  if (type === 'number') return Number(element)
  return type === 'bigint' ? BigInt(element) : element !== 0
}

/** @throws CheckpointError CKPT_MISMATCH if the saved integer is none that the program can hold */
function checkScalar(key: string, array: NdArray, type: ScalarType): void {
  const element = array.get()
  if (type !== 'number' || typeof element !== 'bigint') return
  if (Number.isSafeInteger(Number(element))) return
  const message =
    `variable '${key}' is a number in the program, the checkpoint has ${String(element)}, which ` +
    'no number holds exactly; make the variable with a bigint'
  const details = { key, expected: 'a safe integer', found: String(element) }
  throw new CheckpointError('CKPT_MISMATCH', message, details)
}

function wrongValue(variable: VariableInfo, value: unknown, expected: string): TypeError {
  const { dtype, shape } = variable
  const what = `a Variable of dtype ${dtype} and shape [${shape.join(', ')}]`
  const shown = inspect(value, { depth: 0, maxArrayLength: 3, breakLength: Infinity })
  return new TypeError(
    `${what} takes ${expected === 'array' ? 'an array of these' : `a ${expected}`}, got ${shown}; ` +
      'make a new Variable for another kind of value',
  )
}

export interface Variable<T extends VariableValue = VariableValue> {
  /** Fixed: a variable keeps the dtype and shape that it was made with. */
  readonly dtype: DType
  /** Length of each axis; empty for a scalar. */
  readonly shape: readonly number[]
  /** A scalar, or the very array that was set or restored. Another one has to be of the same kind. */
  value: T
}

interface VariableConstructor {
  /**
   * A scalar that is a number in the program.
   *
   * @param dtype default `float64`; integers are checked against it, floats rounded to it
   */
  new (value: number, dtype?: DType, options?: VariableOptions): Variable<number>
  /**
   * A scalar that is a bigint in the program.
   *
   * @param dtype of integers, which it is checked against; default `int64`
   */
  new (value: bigint, dtype?: DType, options?: VariableOptions): Variable<bigint>
  /**
   * A scalar that is a boolean in the program.
   *
   * @param dtype `bool`, which is the default
   */
  new (value: boolean, dtype?: DType, options?: VariableOptions): Variable<boolean>
  /**
   * A tensor of an array's dtype and shape. The array itself is kept, not a copy.
   *
   * @param dtype what a typed array holds where it alone does not tell: `bool`, `bfloat16` …
   */
  new <T extends NdArray | TypedArray>(
    value: T,
    dtype?: DType,
    options?: VariableOptions,
  ): Variable<T>
  /** As the others, for a value of which the kind is known at run time only. */
  new (value: VariableValue, dtype?: DType, options?: VariableOptions): Variable
  readonly prototype: object
}

/**
 * One tensor, saved and restored as TensorFlow saves a `tf.Variable`: a step counter, a learning
 * rate, a weight.
 *
 * ```js
 * const step = new Variable(0, 'int64') // Python: tf.Variable(0, dtype=tf.int64)
 * step.value += 1
 * const kernel = new Variable(zeros([3, 4], 'float32'))
 * kernel.value.set(0, 0, 1)
 * ```
 *
 * A scalar keeps its JavaScript type, an array its dtype and shape; another one needs another
 * Variable. A restore replaces the array by the saved one, without a copy; a typed array comes back
 * as one of its kind.
 *
 * Errors: TypeError, RangeError for a value that the dtype cannot hold; restoring throws
 * CKPT_MISMATCH, saying both sides, if dtype or shape differ.
 *
 * @class
 */
export const Variable: VariableConstructor = VariableBase as unknown as VariableConstructor
