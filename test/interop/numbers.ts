// Numbers that two programs computed each for itself.
import type { Test } from 'tap'

/** By some name, in C order. */
export type Numbers = Readonly<Record<string, readonly number[]>>

/** @param tolerance of the difference, relative to numbers above 1 */
export function isClose(
  t: Test,
  found: Numbers,
  wanted: Numbers,
  tolerance: number,
  what: string,
): void {
  t.strictSame(Object.keys(found).sort(), Object.keys(wanted).sort(), `${what}: the same names`)
  for (const [name, numbers] of Object.entries(wanted)) {
    const others = found[name] ?? []
    const far = numbers.filter(
      (number, i) =>
        !(Math.abs(number - (others[i] ?? NaN)) <= tolerance * Math.max(1, Math.abs(number))),
    )
    t.strictSame(far, [], `${what}: ${name}`)
    t.equal(others.length, numbers.length)
  }
}
