import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { notFound } from '../../../lib/bundle/read/not-found.js'
import { runAsync, runSync } from '../../../lib/twin.js'

/** The message, which is the same in both manners. */
async function messageFor(prefix: string): Promise<string> {
  const cause = new Error('below')
  const errors = [
    await runAsync(notFound(prefix, false, cause)),
    runSync(notFound(prefix, true, cause)),
  ]
  const [first, second] = errors.map(({ code, details, cause, message }) => {
    return JSON.stringify({ code, details, cause: (cause as Error).message, message })
  })
  if (first !== second) throw new Error(`${String(first)} is not ${String(second)}`)
  const expected = { code: 'CKPT_NOT_FOUND', details: { path: `${prefix}.index` }, cause: 'below' }
  const { message, ...rest } = JSON.parse(first ?? '') as { message: string }
  t.strictSame(rest, expected)
  const start = `no checkpoint '${prefix}': `
  if (!message.startsWith(start)) throw new Error(message)
  return message.slice(start.length)
}

const files = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, '']))

const RULE = "(a path that save() returned ends in a number, as '-1')"

t.test('a forgotten number is told: the newest there is', async (t) => {
  const dir = t.testdir(
    files(
      'ckpt-2.index',
      'ckpt-10.index',
      'ckpt-9.index',
      'ckpt-11',
      'ckpt-x.index',
      'ckpts-99.index',
    ),
  )
  const prefix = join(dir, 'ckpt')
  const reason = `there is no file '${prefix}.index', but there is '${prefix}-10' ${RULE}`
  t.equal(await messageFor(prefix), reason)
  t.equal(await messageFor(join(dir, 'ckpt-1')), `there is no file '${prefix}-1.index' ${RULE}`)
})

t.test('of a directory its latest checkpoint is told', async (t) => {
  const dir = t.testdir({ run: files('ckpt-7.index'), empty: {}, 'run-3.index': '' })
  const run = join(dir, 'run')
  const none = 'it is a directory, and has no latest checkpoint either'
  t.equal(await messageFor(run), none)
  t.equal(await messageFor(join(dir, 'empty')), none)
  writeFileSync(join(run, 'checkpoint'), 'model_checkpoint_path: "ckpt-7"')
  const latest = join(run, 'ckpt-7')
  t.equal(
    await messageFor(run),
    `it is a directory; its latest checkpoint, as latestCheckpoint() tells, is '${latest}'`,
  )
})

t.test('a hint that cannot be given hides nothing', async (t) => {
  const dir = t.testdir({
    file: '',
    loop: t.fixture('symlink', 'loop'),
    run: { checkpoint: t.fixture('symlink', 'checkpoint') },
  })
  for (const name of ['none', 'none/x', 'file/x', 'loop', 'loop/x', 'x'.repeat(300)]) {
    const prefix = join(dir, name)
    t.equal(await messageFor(prefix), `there is no file '${prefix}.index' ${RULE}`)
  }
  t.match(await messageFor(join(dir, 'run')), /^it is a directory, and has no latest/)
})
