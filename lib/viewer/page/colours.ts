/**
 * Colours of heat maps: one scale for what has a sign, one for what has none.
 *
 * @module
 */

type Colour = readonly [red: number, green: number, blue: number]

/** From dark to bright, even to the eye. */
const SEQUENTIAL: readonly Colour[] = [
  [49, 18, 89],
  [58, 66, 133],
  [41, 108, 142],
  [30, 149, 138],
  [82, 188, 105],
  [173, 217, 58],
  [250, 231, 55],
]

/** Negative to positive; what is in the middle is the ground, of the page's theme. */
const NEGATIVE: readonly Colour[] = [
  [18, 70, 142],
  [58, 137, 201],
]
const POSITIVE: readonly Colour[] = [
  [224, 102, 74],
  [151, 22, 38],
]
const GROUND = { light: [246, 246, 244], dark: [36, 39, 46] } as const

export type Theme = keyof typeof GROUND

export interface Scale {
  /** Values of the first and the last colour. */
  readonly from: number
  readonly to: number
  readonly stops: readonly Colour[]
}

/** Symmetric about zero where there are values on both sides of it. */
export function scaleOf(min: number, max: number, theme: Theme): Scale {
  if (min < 0 && max > 0) {
    const end = Math.max(-min, max)
    return { from: -end, to: end, stops: [...NEGATIVE, GROUND[theme], ...POSITIVE] }
  }
  // One value only: in the middle of the scale.
  const room = Math.max(1, Math.abs(min) / 2)
  if (min === max) return { from: min - room, to: max + room, stops: SEQUENTIAL }
  return { from: min, to: max, stops: SEQUENTIAL }
}

/** Writes the colour of a value as four bytes; NaN is transparent. */
export function paint(scale: Scale, value: number, into: Uint8ClampedArray, at: number): void {
  if (Number.isNaN(value)) {
    into[at + 3] = 0
    return
  }
  const { from, to, stops } = scale
  // Halves: the range may be wider than numbers can tell.
  const part = (value / 2 - from / 2) / (to / 2 - from / 2)
  const place = Math.min(1, Math.max(0, part)) * (stops.length - 1)
  const below = Math.min(stops.length - 2, Math.floor(place))
  const rest = place - below
  const [a, b] = [stops[below], stops[below + 1]]
  if (a === undefined || b === undefined) return
  for (let i = 0; i < 3; i++) into[at + i] = (a[i] ?? 0) * (1 - rest) + (b[i] ?? 0) * rest
  into[at + 3] = 255
}

export function gradientOf({ stops }: Scale): string {
  return `linear-gradient(to right, ${stops.map((c) => `rgb(${c.join(' ')})`).join(', ')})`
}
