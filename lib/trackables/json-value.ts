/**
 * JSON that keeps what it is given: what `JSON.stringify` would drop or change is refused, and so is
 * what `JSON.parse` would round.
 *
 * @module
 */
import { constants } from 'node:buffer'
import { inspect } from 'node:util'
import { CheckpointError, corrupt } from '../errors.js'
import { isPlainObject } from '../graph/trackable.js'

/** Deeper values would overflow the stack of `JSON.stringify`, sooner or later. */
export const MAX_DEPTH = 1000

/** What is wrong with a value, and where in it. */
interface Flaw {
  readonly path: string
  readonly reason: string
}

/**
 * The text of a value.
 *
 * @param failure what an error says first, such as `cannot be saved`
 * @throws TypeError naming the place in the value
 */
export function jsonText(value: unknown, failure: string): string {
  checkJson(value, failure)
  return JSON.stringify(value)
}

/** @throws TypeError naming the place in the value, for what JSON would not keep */
export function checkJson(value: unknown, failure: string): void {
  const flaw = new Search().find(value)
  if (flaw !== undefined) throw new TypeError(`${failure}: ${flaw.path} ${flaw.reason}`)
}

/** Looks for what JSON would not keep. An object at two places is two objects in JSON. */
class Search {
  readonly #path: (string | number)[] = []
  readonly #parents = new Set<object>()

  find(value: unknown): Flaw | undefined {
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return undefined
    if (typeof value === 'number') {
      if (Object.is(value, -0)) return this.#flaw('is -0, which JSON would make 0')
      return Number.isFinite(value) ? undefined : this.#flaw(`is ${String(value)}, no JSON number`)
    }
    if (typeof value !== 'object') return this.#flaw(`is ${show(value)}, which JSON cannot hold`)
    if (this.#parents.has(value)) return this.#flaw('leads back to an object that it is part of')
    if (this.#parents.size === MAX_DEPTH) {
      return this.#flaw(`is nested more than ${String(MAX_DEPTH)} deep`)
    }
    this.#parents.add(value)
    const flaw = Array.isArray(value) ? this.#inArray(value) : this.#inObject(value)
    this.#parents.delete(value)
    return flaw
  }

  #flaw(reason: string): Flaw {
    const steps = this.#path.map((key) => {
      if (typeof key === 'number') return `[${String(key)}]`
      return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${inspect(key)}]`
    })
    return { path: `value${steps.join('')}`, reason }
  }

  #at(key: string | number, find: () => Flaw | undefined): Flaw | undefined {
    this.#path.push(key)
    const flaw = find()
    this.#path.pop()
    return flaw
  }

  #inArray(array: readonly unknown[]): Flaw | undefined {
    const prototype: unknown = Object.getPrototypeOf(array)
    // Array.prototype, of any realm, is an array; the prototypes of classes are not.
    if (!Array.isArray(prototype)) return this.#instance(array)
    for (let i = 0; i < array.length; i++) {
      const flaw = this.#at(i, () =>
        Object.hasOwn(array, i) ? this.find(array[i]) : this.#flaw('is a hole in a sparse array'),
      )
      if (flaw !== undefined) return flaw
    }
    const keys = Reflect.ownKeys(array)
    if (keys.length === array.length + 1) return undefined
    const other = keys.find((key) => key !== 'length' && !isIndex(key))
    return this.#flaw(`has a property ${show(other)}, which JSON would drop from an array`)
  }

  #inObject(object: object): Flaw | undefined {
    if (!isPlainObject(object)) return this.#instance(object)
    for (const key of Reflect.ownKeys(object)) {
      if (typeof key === 'symbol') {
        return this.#flaw(`has a property ${show(key)}, which JSON would drop`)
      }
      const flaw = this.#at(key, () => this.#inProperty(object, key))
      if (flaw !== undefined) return flaw
    }
    return undefined
  }

  #inProperty(object: object, key: string): Flaw | undefined {
    const descriptor = Object.getOwnPropertyDescriptor(object, key)
    if (descriptor?.enumerable !== true) {
      return this.#flaw('is not enumerable, so that JSON would drop it')
    }
    return 'value' in descriptor
      ? this.find(descriptor.value)
      : this.#flaw('is an accessor, not a value')
  }

  #instance(object: object): Flaw {
    return this.#flaw(`is ${show(object)}, neither a plain object nor an array`)
  }
}

const isIndex = (key: string | symbol): boolean =>
  typeof key === 'string' && String(Number(key) >>> 0) === key

const show = (value: unknown): string =>
  inspect(value, { depth: 0, maxArrayLength: 3, maxStringLength: 40, breakLength: Infinity })

const NPY = Buffer.from('\x93NUMPY', 'latin1')

/**
 * The value of a saved text.
 *
 * @param key of the tensor that holds it, for errors
 * @throws CheckpointError CKPT_CORRUPT, CKPT_MISMATCH, CKPT_TOO_LARGE, CKPT_UNSUPPORTED
 */
export function parseJson(bytes: Uint8Array, key: string): unknown {
  const text = decode(bytes, key)
  const { depth, lossy } = scan(text)
  // Before it is parsed: millions of levels take seconds.
  if (depth > MAX_DEPTH) throw unsupported(key, `JSON nested more than ${String(MAX_DEPTH)} deep`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw corrupt(`the state '${key}' is no JSON text`, 'framing', { key }, { cause })
  }
  if (lossy !== undefined) {
    throw unsupported(key, `the number ${lossy.slice(0, 40)}, which JavaScript would change`)
  }
  return value
}

function decode(bytes: Uint8Array, key: string): string {
  if (NPY.equals(bytes.subarray(0, NPY.length))) {
    const [expected, found] = ['JSON text', 'a NumPy array']
    const message = `the state '${key}' is ${expected} in the program and ${found} in the checkpoint; give the JsonState another name, or use a NumpyState`
    throw new CheckpointError('CKPT_MISMATCH', message, { key, expected, found })
  }
  const limit = constants.MAX_STRING_LENGTH
  if (bytes.length > limit) {
    const message = `the state '${key}' has ${String(bytes.length)} bytes, a text at most ${String(limit)}`
    throw new CheckpointError('CKPT_TOO_LARGE', message, { bytes: bytes.length, limit, key })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw corrupt(`the state '${key}' is no UTF-8 text`, 'framing', { key }, { cause })
  }
}

function unsupported(key: string, feature: string): CheckpointError {
  const message = `the state '${key}' has ${feature}`
  return new CheckpointError('CKPT_UNSUPPORTED', message, { feature, key })
}

/** How deep a text is nested, up to one too many, and its first number that would become another. */
function scan(text: string): { depth: number; lossy?: string } {
  const token = /["[\]{}]|-?\d[\d.eE+-]*/g
  let deepest = 0
  let depth = 0
  let lossy: string | undefined
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [found] = match
    if (found === '"') token.lastIndex = endOfString(text, match.index)
    else if (found === ']' || found === '}') depth--
    else if (found === '[' || found === '{') deepest = Math.max(deepest, ++depth)
    else if (lossy === undefined && isLossy(found)) lossy = found
    if (deepest > MAX_DEPTH) break
  }
  return { depth: deepest, ...(lossy !== undefined && { lossy }) }
}

/** The place after a string's closing quotation mark. */
function endOfString(text: string, start: number): number {
  let end = start
  let escapes: number
  do {
    end = text.indexOf('"', end + 1)
    if (end < 0) return text.length
    escapes = 0
    while (text[end - 1 - escapes] === '\\') escapes++
  } while (escapes % 2 === 1)
  return end + 1
}

/** Fractions are rounded, as everywhere; an integer is meant exactly. */
function isLossy(token: string): boolean {
  const number = Number(token)
  if (Number.isSafeInteger(number)) return false
  if (!Number.isFinite(number)) return true
  // As JavaScript writes it, or exactly that.
  const isInteger = /^-?\d+$/.test(token)
  return isInteger && String(number) !== token && BigInt(number) !== BigInt(token)
}
