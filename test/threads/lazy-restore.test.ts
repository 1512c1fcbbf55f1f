// A restore without verification reads no array: not its bytes, and not into memory.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, NumpyState, zeros } from '../../lib/index.js'
import { runChild, sanitized } from '../fixtures/child'

const MIB = 2 ** 20

interface Cost {
  readonly variables: number
  readonly bytes: number
  readonly restored: number
  readonly viewed: number
  readonly sum: number
}

function saveArrays(prefix: string, count: number, bytes: number): string {
  const state = new NumpyState()
  for (let i = 0; i < count; i++) state[`w${String(i)}`] = zeros([bytes / 8])
  // Not durable: half a gigabyte of zeros need not reach the disk for this.
  return new Checkpoint({ state }).saveSync(prefix, { durable: false, maxShardBytes: 128 * MIB })
}

t.test("a restore with verify 'off' of 512 MiB stays under 64 MiB", async (t) => {
  const directory = t.testdir()
  // Many arrays: the header of each is read, and were it read through the mapping, recent kernels
  // would map all of a folio of the page cache around it, up to 2 MiB.
  const path = saveArrays(join(directory, 'large'), 512, MIB)
  const small = saveArrays(join(directory, 'small'), 512, 16)
  const [line = ''] = await runChild('restore-large.cjs', { args: [path, small] })
  const { variables, bytes, sum, ...growth } = JSON.parse(line) as Cost
  t.equal(variables, 514)
  t.equal(bytes, 512 * MIB)
  t.equal(sum, 0)
  for (const [step, grown] of Object.entries(growth)) {
    if (!sanitized) t.ok(grown < 64, `${step}: ${String(grown)} MiB`)
  }
  rmSync(directory, { recursive: true })
})
