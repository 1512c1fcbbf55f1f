import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { RunListing } from '../../lib/inspect/run-listing.js'
import { cli, cliJson, tensorflowFixture } from './program'
import { makeRun } from './runs'

void t.test('a run: steps, sizes, the newest', async (t) => {
  const run = await makeRun(t.testdir(), 3)
  const { status, stdout, stderr } = await cli(['ls', run])
  t.equal(status, 0)
  t.equal(stderr, '')
  const [head, ...lines] = stdout.trimEnd().split('\n')
  t.match(head, /^CHECKPOINT +STEP +AGE +SIZE +NEW +LINKED +STATE$/)
  t.match(lines[0], /^ckpt-1 +100 +(now|\d+ s ago) +40\d kB +40\d kB +- {2}ok$/)
  t.match(lines[2], /^ckpt-3 +300 .* ok, latest$/)
  t.match(lines[3], /^3 checkpoints, 1.2\d MB$/)
})

void t.test('what incremental saves share is counted once', async (t) => {
  const run = await makeRun(t.testdir(), 3, { incremental: true })
  const listing: RunListing = await cliJson(['ls', run])
  const [first, second, third] = listing.checkpoints
  t.equal(first?.linkedBytes, 0)
  for (const later of [second, third]) {
    t.ok((later?.linkedBytes ?? 0) > 400_000 && (later?.newBytes ?? 1e9) < 10_000)
  }
  t.ok(listing.apparentBytes > 1_200_000 && listing.realBytes < 500_000)
  const sum = listing.checkpoints.reduce((sum, { newBytes }) => sum + newBytes, 0)
  t.equal(listing.realBytes, sum)
  t.match((await cli(['ls', run])).stdout, /3 checkpoints, 4\d\d kB, 1.2\d MB without links/)
})

void t.test('damage that is seen without reading, and with it', async (t) => {
  const run = await makeRun(t.testdir(), 4)
  rmSync(join(run, 'ckpt-1.data-00000-of-00001'))
  truncateSync(join(run, 'ckpt-2.data-00000-of-00001'), 1000)
  truncateSync(join(run, 'ckpt-3.index'), 50)
  writeFileSync(join(run, 'lost-1.data-00000-of-00002'), 'x')
  const { checkpoints, strays }: RunListing = await cliJson(['ls', run])
  const problems = checkpoints.map(({ problem }) => problem)
  t.match(problems[0], /ckpt-1.data-00000-of-00001' is missing/)
  t.match(problems[1], /data/)
  t.type(problems[2], 'string')
  t.equal(problems[3], undefined)
  t.strictSame(strays, ['lost-1.data-00000-of-00002'])
  const { stdout } = await cli(['ls', run])
  t.match(stdout, /damaged: data file/)
  t.match(stdout, '1 data file without an index: lost-1.data-00000-of-00002')
})

void t.test('--verify finds a changed byte', async (t) => {
  const run = await makeRun(t.testdir(), 2)
  const file = join(run, 'ckpt-1.data-00000-of-00001')
  const { readFileSync } = await import('node:fs')
  const bytes = readFileSync(file)
  bytes[5000] = (bytes[5000] ?? 0) ^ 1
  writeFileSync(file, bytes)
  const plain: RunListing = await cliJson(['ls', run])
  t.equal(plain.checkpoints[0]?.problem, undefined)
  const read: RunListing = await cliJson(['ls', run, '--verify'])
  t.match(read.checkpoints[0]?.problem, /checksum/i)
  t.equal(read.checkpoints[1]?.problem, undefined)
})

void t.test('a run of Python, the working directory, an empty one, none', async (t) => {
  const directory = tensorflowFixture('manager')
  const here = await cli(['ls'], { cwd: directory })
  t.match(here.stdout, /ckpt-5 +5 .*ok, latest\n3 checkpoints/)
  t.equal((await cli(['ls', t.testdir()])).stdout, '0 checkpoints, 0 B\n')
  const none = await cli(['ls', join(directory, 'none')])
  t.equal(none.status, 2)
  t.match(none.stderr, /^ndcheckpoint: no directory '.*none'.*\[CKPT_NOT_FOUND\]\n$/)
})
