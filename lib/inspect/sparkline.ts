/**
 * A histogram in a line of text.
 *
 * @module
 */

const BARS = '▁▂▃▄▅▆▇█'

/** A bar for each count; the lowest bar is for none, the highest for the most. */
export function sparkline(counts: readonly number[]): string {
  const most = Math.max(...counts)
  return counts
    .map((count) => BARS.charAt(count === 0 ? 0 : Math.max(1, Math.round((count / most) * 7))))
    .join('')
}
