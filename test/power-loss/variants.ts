/**
 * What may be found of a file that was changed and not synced.
 *
 * @module
 */
import { contentOf, imagesOf, type Content, type FileState } from './disk'

/** What a drive writes as a whole. */
const SECTOR = 512

/** Bytes of another file that was in the same place before. */
const GARBAGE = 0xa5

export interface Variant extends Content {
  /** For messages. */
  readonly what: string
}

const known = new WeakMap<FileState, readonly Variant[]>()

/** The first is the file as it is safe, the second the one with all changes; if there are changes. */
export function variantsOf(file: FileState, random: () => number): readonly Variant[] {
  const found = known.get(file)
  if (found !== undefined) return found
  const made = makeVariants(file, random)
  known.set(file, made)
  return made
}

function makeVariants({ safe, changes }: FileState, random: () => number): Variant[] {
  const lost: Variant = { what: 'lost', ...safe }
  const time = changes.at(-1)?.at
  if (time === undefined) return [lost]
  const images = imagesOf(safe.bytes, changes)
  const all = images.length - 1
  const kept = images[all] ?? safe.bytes
  const last = Math.ceil(kept.length / SECTOR) - 1
  /** `number` of the changes that a sector, and the size, have seen. */
  const mix = (size: number, seen: (sector: number) => number, garbage = false): Uint8Array => {
    const bytes = new Uint8Array(size)
    for (let sector = 0; sector * SECTOR < size; sector++) {
      const start = sector * SECTOR
      const number = seen(sector)
      const image = images[number] ?? safe.bytes
      bytes.set(image.subarray(start, Math.min(start + SECTOR, size)), start)
      if (garbage && number === 0 && start >= safe.bytes.length) {
        bytes.fill(GARBAGE, start, start + SECTOR)
      }
    }
    return bytes
  }
  const size = kept.length
  const half = (last >> 1) * SECTOR + SECTOR
  const mixed: readonly (readonly [what: string, bytes: Uint8Array])[] = [
    ['kept', kept],
    ['only its size', mix(size, () => 0)],
    ['garbage', mix(size, () => 0, true)],
    ['its first sector lost', mix(size, (sector) => (sector === 0 ? 0 : all))],
    ['its last sector lost', mix(size, (sector) => (sector === last ? 0 : all))],
    ['its last sector garbage', mix(size, (sector) => (sector === last ? 0 : all), true)],
    ['only its first sector', mix(size, (sector) => (sector === 0 ? all : 0))],
    ['every second sector', mix(size, (sector) => (sector % 2 === 0 ? all : 0))],
    ['its first half', mix(Math.min(half, size), () => all)],
    ['its old size', mix(safe.bytes.length, () => all)],
    ['torn', mix(size, () => Math.floor(random() * images.length))],
    ['torn with garbage', mix(size, () => Math.floor(random() * images.length), true)],
  ]
  const variants = new Map([[lost.key, lost]])
  for (const [what, bytes] of mixed) {
    const content = contentOf(bytes, time)
    // The time tells them apart as well; the bytes alone are what matters here.
    const isNew = [...variants.values()].every((other) => !sameBytes(other.bytes, bytes))
    if (isNew || what === 'kept') variants.set(content.key, { what, ...content })
  }
  return [...variants.values()]
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
