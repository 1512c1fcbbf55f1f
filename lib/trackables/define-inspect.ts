/**
 * How `util.inspect`, and so `console.log`, shows objects that hold others.
 *
 * @module
 */
import { inspect, type InspectOptions } from 'node:util'

/** What is being shown: each call of `inspect` knows only its own objects. */
const shown = new Set<object>()

/**
 * Gives a class its look.
 *
 * @param show the text for an object, by means of `inspect` with these options
 */
export function defineInspect<T extends object>(
  prototype: T,
  className: string,
  show: (object: T, options: InspectOptions) => string,
): void {
  Object.defineProperty(prototype, inspect.custom, {
    value(this: T, depth: number, options: InspectOptions): string {
      if (depth < 0) return `[${className}]`
      if (shown.has(this)) return `[Circular ${className}]`
      shown.add(this)
      try {
        return show(this, { ...options, depth: options.depth ?? null })
      } finally {
        shown.delete(this)
      }
    },
    configurable: true,
    writable: true,
  })
}
