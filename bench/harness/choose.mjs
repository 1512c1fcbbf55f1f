/** Who plays: which contestants a state is for, which of them are installed and have the room. */
import { statfsSync } from 'node:fs'
import { freemem } from 'node:os'
import { contestants } from '../contestants/index.mjs'
import { missing } from './installed.mjs'

/** What may be taken of the memory that is free; the rest is for the page cache and the runner. */
const SHARE_OF_MEMORY = 0.8

const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`

/** @returns { playing: contestants, refused: [{ name, reason }] } */
export function choose(workload, specs, payload, { only, directory }) {
  const kinds = workload.kinds ?? ['save', 'restore']
  const chosen = contestants.filter(
    (contestant) =>
      kinds.includes(contestant.kind) &&
      (workload.plays?.(contestant) ?? true) &&
      (only.length === 0 || only.some((part) => contestant.name.includes(part))),
  )
  const memory = SHARE_OF_MEMORY * freemem()
  const playing = []
  const refused = []
  for (const contestant of chosen) {
    const reason =
      contestant.refuses?.(specs) ?? tooLarge(contestant, payload, memory) ?? missing(contestant)
    if (reason === undefined) playing.push(contestant)
    else refused.push({ name: contestant.name, reason })
  }
  const room = diskFor(playing, payload)
  const { bavail, bsize } = statfsSync(directory)
  if (playing.length === 0 || room <= bavail * bsize) return { playing, refused }
  const reason = `all of them take ${gigabytes(room)} of disk, ${gigabytes(bavail * bsize)} are free`
  return { playing: [], refused: [...refused, ...playing.map(({ name }) => ({ name, reason }))] }
}

function tooLarge({ memory = 1 }, payload, most) {
  const needed = memory * payload
  return needed > most
    ? `it holds ${gigabytes(needed)} at the worst, ${gigabytes(most)} of memory may be used`
    : undefined
}

/** What the restores read, the files of the largest save, and what the system has not freed yet. */
function diskFor(playing, payload) {
  const formats = new Set(playing.flatMap(({ format }) => format ?? []))
  const largest = Math.max(...playing.map(({ disk = 1 }) => disk))
  return payload * (formats.size + largest + 1)
}
