import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { replaceFile } from '../../lib/bundle/replace-file.js'
import { createSnapshot, counts, createJob, discard, writeShards } from '../../lib/native.js'
import { runAsync, runSync } from '../../lib/twin.js'

const MANNERS = {
  async: (path: string, text: string, durable = true) =>
    runAsync(replaceFile(path, Buffer.from(text), { durable }, false)),
  sync: async (path: string, text: string, durable = true) => {
    runSync(replaceFile(path, Buffer.from(text), { durable }, true))
    return Promise.resolve()
  },
}

for (const [manner, replace] of Object.entries(MANNERS)) {
  t.test(`a file is made and replaced, ${manner}`, async (t) => {
    const path = join(t.testdir(), 'a/b/file')
    for (const durable of [true, false]) {
      for (const text of ['old', '', 'new '.repeat(5000)]) {
        const before = existsSync(path) ? statSync(path).ino : undefined
        await replace(path, text, durable)
        t.equal(readFileSync(path, 'utf8'), text)
        t.not(statSync(path).ino, before, 'another file, not the old one rewritten')
        t.strictSame(readdirSync(dirname(path)), ['file'], 'and nothing else')
      }
    }
    t.match(counts(), { snapshots: 0 })
  })

  t.test(`a link is replaced, not followed, ${manner}`, async (t) => {
    const dir = t.testdir({ target: 'untouched' })
    symlinkSync('target', join(dir, 'file'))
    await replace(join(dir, 'file'), 'new')
    t.equal(readFileSync(join(dir, 'target'), 'utf8'), 'untouched')
    t.equal(readFileSync(join(dir, 'file'), 'utf8'), 'new')
  })

  t.test(`a failure leaves the file as it was, ${manner}`, async (t) => {
    const dir = t.testdir({ file: 'old', folder: { x: '' } })
    const cases: [string, string][] = [
      ['folder', 'EISDIR'],
      ['file/x', 'ENOTDIR'],
      ['x'.repeat(300), 'ENAMETOOLONG'],
    ]
    for (const [name, errno] of cases) {
      const error = { code: 'CKPT_IO', details: { name: errno } }
      await t.rejects(async () => replace(join(dir, name), 'new'), error, name)
    }
    t.strictSame(readdirSync(dir).sort(), ['file', 'folder'])
    t.equal(readFileSync(join(dir, 'file'), 'utf8'), 'old')
  })

  t.test(`what a dead process left is removed, what is in use is not, ${manner}`, async (t) => {
    const dead = '.ndcheckpoint-0123456789abcdef'
    const kept = ['.ndcheckpoint-0123456789abcdeg', '.ndcheckpoint-notes', 'file.tmp1']
    const dir = t.testdir({
      [dead]: { index: 'half' },
      ...Object.fromEntries(kept.map((k) => [k, ''])),
    })
    mkdirSync(join(dir, '.ndcheckpoint-'))
    const none = new Float64Array(0)
    const columns = { shardSizes: none, extents: none, heads: new Uint8Array(0), sources: [] }
    const snapshot = createSnapshot(columns, 'none')
    const how = { threads: 1, writer: 'auto', maxBytesPerSecond: 0, spares: undefined } as const
    const plan = { ...how, directory: dir, snapshot, durable: false }
    const { staging } = await writeShards(createJob(), plan, false)
    snapshot.release()
    await replace(join(dir, 'file'), 'new')
    t.ok(existsSync(staging.path), 'a save that runs')
    t.notOk(existsSync(join(dir, dead)))
    await discard(staging, false)
    t.strictSame(readdirSync(dir).sort(), ['.ndcheckpoint-', ...kept, 'file'].sort())
  })
}

t.test('readers and writers at once: the content is always one of those written', async (t) => {
  const path = join(t.testdir(), 'file')
  const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000 + i))
  await MANNERS.async(path, texts[0] ?? '')
  const progress = { writing: true }
  const writes = Promise.all(texts.map((text) => MANNERS.async(path, text, false))).finally(() => {
    progress.writing = false
  })
  let reads = 0
  while (progress.writing) {
    const found = readFileSync(path, 'utf8')
    if (!texts.includes(found)) t.fail(`a torn file of ${String(found.length)} characters`)
    reads++
    await new Promise(setImmediate)
  }
  await writes
  t.ok(reads > 0)
  t.strictSame(readdirSync(dirname(path)), ['file'])
})
