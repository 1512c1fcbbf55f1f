/**
 * Elements that are to be shown: `console.log` of an object must not throw because an array in it,
 * restored lazily, turns out to be corrupt.
 *
 * @module
 */
import { inspect } from 'node:util'

/** Shown in the place of what cannot be read. */
export class Unreadable {
  readonly #error: unknown

  constructor(error: unknown) {
    this.#error = error
  }

  static {
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: Unreadable): string {
        const error = this.#error
        return `<${error instanceof Error ? error.message : String(error)}>`
      },
    })
  }
}

export function readable<T>(read: () => T): T | Unreadable {
  try {
    return read()
  } catch (error) {
    return new Unreadable(error)
  }
}
