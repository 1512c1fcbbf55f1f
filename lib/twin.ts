/**
 * One body for a function and its blocking twin: `save` and `saveSync` are the same generator,
 * which yields whatever may be a promise, run by two drivers.
 *
 * @module
 */

/** A sequence of steps that ends in a `T`. `yield* wait(x)` where async code would say `await x`. */
export type Steps<T> = Generator<unknown, T, unknown>

/** Waits for `value` if it is a promise. In a blocking run it must not be one. */
export function* wait<T>(value: T | Promise<T>): Steps<T> {
  return (yield value) as T
}

export async function runAsync<T>(steps: Steps<T>): Promise<T> {
  let next = steps.next()
  while (next.done !== true) {
    let value: unknown
    try {
      value = await next.value
    } catch (error) {
      // Into the generator, so that its `finally` blocks run and it may recover.
      next = steps.throw(error)
      continue
    }
    next = steps.next(value)
  }
  return next.value
}

export function runSync<T>(steps: Steps<T>): T {
  let next = steps.next()
  while (next.done !== true) {
    if (next.value instanceof Promise) throw new Error('a blocking call met a promise')
    next = steps.next(next.value)
  }
  return next.value
}
