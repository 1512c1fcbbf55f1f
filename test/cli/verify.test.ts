import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { cli, cliJson, tensorflowFixture } from './program'
import { makeRun } from './runs'

interface Document {
  readonly ok: boolean
  readonly checkpoints: { readonly ok: boolean; readonly problems: { readonly code: string }[] }[]
}

void t.test('what is whole', async (t) => {
  for (const name of ['manager', 'sharded/sharded-1', 'strings', 'slices/slices.index']) {
    const { status, stdout } = await cli(['verify', tensorflowFixture(name)])
    t.equal(status, 0, name)
    t.match(stdout, /^ok {7}\S+ {2}\d+ tensors?, /)
  }
  const model = t.testdir({ 'saved_model.pb': '', variables: {} })
  for (const end of ['index', 'data-00000-of-00001']) {
    const from = tensorflowFixture(`manager/ckpt-5.${end}`)
    cpSync(from, join(model, `variables/variables.${end}`))
  }
  t.equal((await cli(['verify', model])).status, 0)
})

void t.test('all that is damaged in a run', async (t) => {
  const run = await makeRun(t.testdir(), 5)
  const data = (n: number): string => join(run, `ckpt-${n}.data-00000-of-00001`)
  const bytes = readFileSync(data(1))
  bytes[9000] = (bytes[9000] ?? 0) ^ 4
  writeFileSync(data(1), bytes)
  rmSync(data(2))
  truncateSync(data(3), 10)
  truncateSync(join(run, 'ckpt-4.index'), 10)
  const document: Document = await cliJson(['verify', run], 1)
  t.equal(document.ok, false)
  t.strictSame(
    document.checkpoints.map(({ ok }) => ok),
    [false, false, false, false, true],
  )
  const codes = document.checkpoints.map(({ problems }) => problems[0]?.code)
  t.strictSame(codes.slice(0, 2), ['CKPT_CORRUPT', 'CKPT_NOT_FOUND'])
  const { status, stdout } = await cli(['verify', run])
  t.equal(status, 1)
  t.match(stdout, /^damaged {2}\S*ckpt-1 {2}1 problem\n {9}CKPT_CORRUPT: /m)
  t.match(stdout, /^ok {7}\S*ckpt-5/m)
  t.equal((await cli(['verify', join(run, 'ckpt-5')])).status, 0)
  t.equal((await cli(['verify', join(run, 'ckpt-4')])).status, 1)
})

void t.test('what is not there is no finding', async (t) => {
  const empty = t.testdir()
  t.match((await cli(['verify', empty])).stderr, /has no checkpoints.*\[CKPT_NOT_FOUND\]$/m)
  t.equal((await cli(['verify', empty])).status, 2)
  t.equal((await cli(['verify', join(empty, 'ckpt-1')])).status, 2)
})
