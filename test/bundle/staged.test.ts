import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { staged } from '../../lib/bundle/staged.js'
import { counts, createJob, type Staging } from '../../lib/native.js'
import { runAsync, runSync, type Steps } from '../../lib/twin.js'

type Body = (staging: Staging) => Steps<string>

const MANNERS = {
  async: (directory: string, body: Body) =>
    runAsync(staged({ job: createJob(), sync: false }, directory, false, body)),
  sync: async (directory: string, body: Body) =>
    Promise.resolve(runSync(staged({ job: createJob(), sync: true }, directory, false, body))),
}

/** Leaves a file behind in the staging directory. */
function* leave(path: string): Steps<string> {
  writeFileSync(join(path, 'left'), '')
  yield undefined
  return path
}

for (const [manner, run] of Object.entries(MANNERS)) {
  t.test(`a directory of its own, gone afterwards with what is in it, ${manner}`, async (t) => {
    const directory = join(t.testdir(), 'a/b')
    const path = await run(directory, function* (staging) {
      t.equal(dirname(staging.path), directory, 'beside the files')
      t.equal(statSync(staging.path).mode & 0o777, 0o700, 'for nobody else')
      return yield* leave(staging.path)
    })
    t.notOk(existsSync(path))
    t.strictSame(readdirSync(directory), [])
    t.match(counts(), { snapshots: 0 })
  })

  t.test(`what fails leaves no more, ${manner}`, async (t) => {
    const directory = t.testdir()
    const failure = new Error('of the body')
    const failing = async (): Promise<string> =>
      run(directory, function* (staging) {
        yield* leave(staging.path)
        throw failure
      })
    await t.rejects(failing, failure)
    t.strictSame(readdirSync(directory), [])
    t.match(counts(), { snapshots: 0 })
  })
}
