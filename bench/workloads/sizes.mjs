/**
 * States that grow tenfold: 1 to 1,000,000 arrays of 16 floats, and 1 MiB to 10 GiB in 444 arrays.
 * (In one array more than 4 GiB are no ArrayBuffer in Node 20.) Quick: without the largest two.
 */
import { equalArrays } from './equal-arrays.mjs'

const LARGE_ARRAYS = 444
/** So that one row of each makes 1 MiB together. */
const COLUMNS = 590

const ofCount = (count) => ({
  label: `${count.toLocaleString('en')} arrays of 64 bytes`,
  series: 'arrays',
  quick: count <= 1e4,
  specs: () => equalArrays(count, 1, 16),
})

const ofBytes = (label, bytes) => ({
  label: `${label} in ${LARGE_ARRAYS} arrays`,
  series: 'bytes',
  quick: bytes <= 2 ** 27,
  specs: () => equalArrays(LARGE_ARRAYS, Math.round(bytes / 2 ** 20), COLUMNS),
})

export const sizes = [
  ...[1, 10, 100, 1000, 1e4, 1e5, 1e6].map(ofCount),
  ofBytes('1 MiB', 2 ** 20),
  ofBytes('10 MiB', 10 * 2 ** 20),
  ofBytes('100 MiB', 100 * 2 ** 20),
  ofBytes('1 GiB', 2 ** 30),
  ofBytes('10 GiB', 10 * 2 ** 30),
]
