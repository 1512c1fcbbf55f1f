// Directories of checkpoints and what is in them, as real TensorFlow sees them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  checkpointExists,
  getCheckpointMtimes,
  getCheckpointState,
  loadCheckpoint,
  removeCheckpoint,
  updateCheckpointStateSync,
} from '../../lib/index.js'
import { filesIn } from '../checkpoint/files'
import { readFixtures } from './expected'
import { withTensorFlow, type TensorFlow } from './tensorflow'

withTensorFlow(t, (tensorflow: TensorFlow) => {
  t.test('TensorFlow reads the state that we write, and we read what it writes', async (t) => {
    const directory = t.testdir()
    for (const name of ['a-3', 'é "日本" \'\\\n', '../out-3', '/absolute/a-3']) {
      for (const [paths, times] of [
        [[], []],
        [
          ['a-1', 'sub/a-2'],
          [1795370215.1110408, 1e-7, 1e22],
        ],
        [
          ['a-1', name],
          [0.5, 1],
        ],
      ] as [string[], number[]][]) {
        const preserved = 1795370214.0476604
        const request = { directory, newest: name, paths, times, preserved }
        const theirs = await tensorflow.call('update_state', request)
        const read = getCheckpointState(directory)
        t.strictSame(read, await tensorflow.call('state', { directory }), name)
        updateCheckpointStateSync(directory, {
          modelCheckpointPath: name,
          allModelCheckpointPaths: paths,
          allModelCheckpointTimestamps: times,
          lastPreservedTimestamp: preserved,
        })
        t.equal(readFileSync(join(directory, 'checkpoint'), 'utf8'), theirs, name)
      }
    }
  })

  t.test('timestamps that do not match are refused by both', async (t) => {
    const directory = t.testdir()
    const request = { directory, newest: 'a', paths: ['b'], times: [1], preserved: null }
    await t.rejects(tensorflow.call('update_state', request), { name: 'ValueError' })
    const options = {
      modelCheckpointPath: 'a',
      allModelCheckpointPaths: ['b'],
      allModelCheckpointTimestamps: [1],
    }
    t.throws(
      () => {
        updateCheckpointStateSync(directory, options)
      },
      { name: 'RangeError' },
    )
  })

  t.test('which checkpoints exist, and since when', async (t) => {
    const directory = t.testdir()
    const checkpoint = new Checkpoint()
    const saved = [
      await checkpoint.save(join(directory, 'a')),
      await checkpoint.write(join(directory, 'b')),
    ]
    const prefixes = [
      join(directory, 'none'),
      ...saved,
      join(directory, 'checkpoint/x'),
      join(directory, 'none/x'),
    ]
    const exist = prefixes.map(checkpointExists)
    t.strictSame(exist, [false, true, true, false, false])
    // TensorFlow knows whole seconds of local files.
    const expected = { exist, times: getCheckpointMtimes(prefixes).map(Math.floor) }
    t.strictSame(await tensorflow.call('files', { prefixes }), expected)
  })

  t.test('a checkpoint of tf.train.Saver is removed whole', async (t) => {
    const directory = t.testdir()
    const prefix = (await tensorflow.call('save_v1', {
      prefix: join(directory, 'model'),
    })) as string
    t.equal(prefix, join(directory, 'model-7'))
    t.ok(filesIn(directory).includes('model-7.meta'))
    t.equal(getCheckpointState(directory)?.modelCheckpointPath, prefix)
    await removeCheckpoint(prefix)
    t.strictSame(filesIn(directory), ['checkpoint'])
  })

  t.test('readers say the same of every fixture', async (t) => {
    const prefixes = readFixtures().flatMap(({ checkpoints }) =>
      checkpoints.map(({ prefix }) => prefix),
    )
    t.ok(prefixes.length > 10)
    for (const prefix of prefixes) {
      const { shapes, dtypes, debug } = (await tensorflow.call('reader', { prefix })) as {
        shapes: Record<string, number[]>
        dtypes: Record<string, string>
        debug: string
      }
      const reader = loadCheckpoint(prefix)
      t.strictSame(Object.fromEntries(reader.getVariableToShapeMap()), shapes, prefix)
      t.strictSame(Object.fromEntries(reader.getVariableToDtypeMap()), dtypes, prefix)
      // Its lines of a partitioned tensor have the binary keys of slices; ours the tensor's own.
      const isWhole = (line: string): boolean => !line.startsWith('\0')
      const whole = debug.split('\n').filter(isWhole)
      const ours = reader.debugString().split('\n')
      t.strictSame(
        whole.filter((line) => !ours.includes(line)),
        [],
        prefix,
      )
      t.equal(ours.length, reader.variables().length + 1)
      if (whole.length === debug.split('\n').length) t.equal(reader.debugString(), debug)
    }
  })
})
