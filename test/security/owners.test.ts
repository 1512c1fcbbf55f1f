// Files of other users in a directory that all may write to, as /tmp. Needs to be root, to be others.
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Checkpoint, CheckpointManager, NumpyState, zeros } from '../../lib/index.js'
import { runChild } from '../fixtures/child'

const NOBODY = 65534

const PROTECTED = '/proc/sys/fs/protected_hardlinks'
const FAILPOINTS = join(__dirname, '../../build-failpoints/Release/ndcheckpoint.node')

const isRoot = process.getuid?.() === 0

function whyNot(): string | false {
  if (!isRoot) return 'needs to be root'
  if (!existsSync(FAILPOINTS)) return `no addon with failure points at ${FAILPOINTS}`
  const isProtected = existsSync(PROTECTED) && readFileSync(PROTECTED, 'utf8').trim() === '1'
  return isProtected ? false : 'needs fs.protected_hardlinks'
}

/** A directory that everybody may write to; only owners may rename and remove what is in it. */
function shared(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'ndcheckpoint-shared-'))
  t.teardown(() => {
    rmSync(directory, { recursive: true, force: true })
  })
  chmodSync(directory, 0o777)
  return directory
}

// Whoever may not link to a file has to copy it, and what a link leads to is not to be copied: this
// user can read what the one who planted the link cannot.
t.test(
  'a save that fails does not publish what a planted link leads to',
  { skip: whyNot() },
  async (t) => {
    const directory = shared(t)
    const secret = join(directory, 'secret')
    writeFileSync(secret, 'for the eyes of one user', { mode: 0o600 })
    chownSync(secret, NOBODY, NOBODY)
    for (const name of ['ckpt-1.index', 'checkpoint']) symlinkSync(secret, join(directory, name))
    const lines = await runChild('save-as.cjs', {
      args: [String(NOBODY), directory, 'after-state-rename:5'],
      env: { CKPT_NATIVE: FAILPOINTS },
    })
    t.strictSame(lines, ['CKPT_IO'], 'the save has failed')
    t.equal(readFileSync(secret, 'utf8'), 'for the eyes of one user')
    for (const name of readdirSync(directory)) {
      if (name === 'secret') continue
      const path = join(directory, name)
      t.notMatch(lstatSync(path).isFile() ? readFileSync(path, 'utf8') : '', /for the eyes/, name)
    }
  },
)

t.test(
  'a data file of another user is not written over',
  { skip: !isRoot && 'needs to be root' },
  async (t) => {
    const directory = shared(t)
    const state = new NumpyState()
    state['x'] = zeros([300_000])
    const manager = new CheckpointManager(new Checkpoint({ state }), directory, { maxToKeep: 1 })
    const data = (number: number): string =>
      join(directory, `ckpt-${String(number)}.data-00000-of-00001`)
    await manager.save()
    const foreign = statSync(data(1)).ino
    chownSync(data(1), NOBODY, NOBODY)
    for (const number of [2, 3, 4]) {
      await manager.save()
      await manager.sync()
      t.not(statSync(data(number)).ino, foreign)
      t.equal(statSync(data(number)).uid, 0, 'its owner could change it at any time')
    }
    await manager.close()
  },
)
