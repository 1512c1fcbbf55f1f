// A limit of the size of files at every place: the kernel answers with a signal, which Node ignores,
// and with EFBIG.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { latestCheckpoint, type CheckpointError } from '../../lib/index.js'
import { runChild, system } from '../fixtures/child'
import { checkpointsIn, leftoversIn } from '../fixtures/files'
import { wholeStep } from './checks'

const skip = system('prlimit', '--version') ? false : 'no prlimit'

interface Outcome {
  readonly bytes: number
  readonly fits: boolean
  readonly path?: string
  readonly error?: Pick<CheckpointError<'CKPT_IO'>, 'name' | 'code' | 'message' | 'details'>
  readonly isUnchanged: boolean
}

for (const writer of ['direct', 'buffered', 'map', 'auto']) {
  t.test(`a limit of the size of files refuses what is larger (${writer})`, { skip }, async (t) => {
    const directory = join(t.testdir(), 'run')
    mkdirSync(directory)
    const lines = await runChild('limited-saves.cjs', { args: [directory, writer] })
    t.equal(lines.length, 20)
    for (const line of lines) {
      const { bytes, fits, path, error, isUnchanged } = JSON.parse(line) as Outcome
      if (fits) {
        t.type(path, 'string', `${bytes} bytes are enough: ${line}`)
        continue
      }
      t.match(error, { name: 'CheckpointError', code: 'CKPT_IO', details: { name: 'EFBIG' } }, line)
      t.match(error?.message, 'a file may not grow that large here')
      t.ok(error?.details.path?.startsWith(directory))
      t.ok(isUnchanged, `${bytes}: nothing is left behind`)
    }
    // One without a limit, and each that fitted.
    t.equal(latestCheckpoint(directory), join(directory, 'ckpt-7'))
    t.equal(checkpointsIn(directory).length, 7)
    for (let step = 1; step <= 7; step++) t.equal(wholeStep(join(directory, `ckpt-${step}`)), step)
    t.strictSame(leftoversIn(directory), [])
  })
}
