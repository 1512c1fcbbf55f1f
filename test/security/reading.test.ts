// What is no file, in the places of files, through every way to read: refused, never waited for. And
// what is read lies in the directory of the checkpoint, whatever its files say.
import { createServer, type Server } from 'node:net'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  CheckpointManager,
  checkpointsIterator,
  getCheckpointState,
  isCheckpointError,
  NumpyState,
  openCheckpointSync,
} from '../../lib/index.js'
import { answer, WAYS } from '../attacks/ways'
import { forge, npy, stateOf } from '../attacks/forge'
import { system } from '../fixtures/child'

const honest = (directory: string): string =>
  forge(join(directory, 'ckpt-1'), { entries: stateOf({ x: npy({}) }) })

function listen(t: Test, path: string): Promise<Server> {
  const server = createServer()
  t.teardown(() => server.close())
  return new Promise((resolve) => {
    server.listen(path, () => {
      resolve(server)
    })
  })
}

const THINGS: Readonly<Record<string, (t: Test, path: string) => unknown>> = {
  'a FIFO': (_, path) => system('mkfifo', path),
  'a link to a FIFO': (_, path) => {
    system('mkfifo', `${path}.fifo`)
    symlinkSync(`${path}.fifo`, path)
  },
  'a device without an end': (_, path) => {
    symlinkSync('/dev/zero', path)
  },
  'the terminal': (_, path) => {
    symlinkSync('/dev/tty', path)
  },
  'a directory': (_, path) => {
    mkdirSync(path)
  },
  'a socket': (t, path) => listen(t, path),
}

const PLACES: Readonly<Record<string, string>> = {
  index: 'ckpt-1.index',
  'data file': 'ckpt-1.data-00000-of-00001',
}

for (const [what, make] of Object.entries(THINGS)) {
  for (const [place, name] of Object.entries(PLACES)) {
    t.test(`${what} as ${place}: every way to read refuses it`, async (t) => {
      // A short path: sockets take a hundred characters.
      const directory = t.testdir()
      const prefix = honest(directory)
      rmSync(join(directory, name))
      process.chdir(directory)
      await make(t, name)
      process.chdir('/')
      writeFileSync(join(directory, 'checkpoint'), 'model_checkpoint_path: "ckpt-1"\n')
      for (const way of WAYS) {
        const came = await answer(way, prefix)
        // An index is all that a list needs.
        if (place === 'index' || way.name !== 'listVariables') t.type(came, 'string', way.name)
      }
      // Without an index there is no checkpoint; and of those that are there none is whole.
      const managed = await answer({ name: 'managed', isChecked: true, give: manage }, directory)
      t.strictSame(managed, place === 'index' ? { content: 'null' } : 'CKPT_CORRUPT')
    })
  }

  t.test(`${what} as state file: refused, or no state file`, async (t) => {
    const directory = t.testdir()
    honest(directory)
    process.chdir(directory)
    await make(t, 'checkpoint')
    process.chdir('/')
    if (what === 'a directory') t.equal(getCheckpointState(directory), null)
    else t.throws(() => getCheckpointState(directory), { code: 'CKPT_IO' })
    t.throws(() => openCheckpointSync(directory), { name: 'CheckpointError' })
    const manager = await manage(directory).catch((error: unknown) => error)
    t.ok(typeof manager === 'string' || isCheckpointError(manager, 'CKPT_IO'))
    const first = checkpointsIterator(directory, { timeoutSeconds: 0.01 }).next()
    t.ok(await first.then(({ done }) => done, isCheckpointError))
  })
}

async function manage(directory: string): Promise<string> {
  const checkpoint = new Checkpoint({ state: new NumpyState() })
  const manager = new CheckpointManager(checkpoint, directory, { onWarning: () => undefined })
  try {
    return String(await manager.restoreOrInitialize())
  } finally {
    await manager.close()
  }
}

t.test('data files are those of the prefix that was opened, whatever index is there', (t) => {
  const base = t.testdir({ inside: {}, outside: {} })
  const inside = honest(join(base, 'inside'))
  const outside = honest(join(base, 'outside'))
  // The index of another directory, and no data beside it.
  rmSync(`${inside}.data-00000-of-00001`)
  renameSync(`${outside}.index`, `${inside}.index`)
  const path = `${inside}.data-00000-of-00001`
  t.match(openCheckpointSync(inside).verifySync().problems, [{ code: 'CKPT_NOT_FOUND', path }])
  t.end()
})
