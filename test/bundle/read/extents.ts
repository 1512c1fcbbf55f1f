/** A small shard, for tests of what lies in it. */
import { join } from 'node:path'
import { mask } from '../../../lib/bundle/masked-crc.js'
import type { Shard } from '../../../lib/bundle/read/shards.js'
import { crc32c, openMappings, type Mapping } from '../../../lib/native.js'

export const TEXT = '0123456789abcdef'.repeat(8)
const content = Buffer.from(TEXT)

export function shardIn(dir: string): Shard {
  const path = join(dir, 'data')
  const [mapping] = openMappings([path], true) as [Mapping]
  return { path, mapping, size: mapping.size, checked: new Set() }
}

export const newStats = () => ({ mapped: 0, copied: 0, loaded: 0 })

export const crcOf = (offset: number, length: number): number =>
  mask(crc32c(content.subarray(offset, offset + length)))
