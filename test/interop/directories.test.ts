// Directories of checkpoints and what is in them, as real TensorFlow sees them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  checkpointExists,
  getCheckpointMtimes,
  getCheckpointState,
  listVariables,
  loadCheckpoint,
  loadVariable,
  removeCheckpoint,
  updateCheckpointStateSync,
  Variable,
  VariableState,
  zeros,
  type NdArray,
} from '../../lib/index.js'
import { filesIn } from '../checkpoint/files'
import { arrayBytes, sha256 } from './bytes'
import { readFixtures, type ExpectedVariable } from './expected'
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

  t.test('a SavedModel is restored into variables', async (t) => {
    const directory = join(t.testdir(), 'export')
    const request = { seed: 7, directory }
    const expected = (await tensorflow.call('saved_model', request)) as ExpectedVariable[]
    t.ok(filesIn(directory).includes('saved_model.pb'))
    const states = () => ({
      w: new Variable(zeros([3, 4], 'float32')),
      layers: [new Variable(zeros([5])), new Variable(zeros([], 'int32'))],
      table: { 'a/b': new Variable(zeros([2, 2], 'bfloat16')) },
      inner: new VariableState<Record<string, NdArray>>(),
    })
    const valuesOf = ({ w, layers, table, inner }: ReturnType<typeof states>): NdArray[] =>
      [inner['b'], ...layers.map(({ value }) => value), table['a/b'].value, w.value] as NdArray[]
    const describe = (array: NdArray): object => ({
      dtype: array.dtype,
      shape: [...array.shape],
      sha256: sha256(arrayBytes(array)),
    })
    const wanted = expected.map(({ dtype, shape, sha256 }) => ({ dtype, shape, sha256 }))
    for (const manner of ['restore', 'restoreSync', 'read', 'readSync'] as const) {
      const program = states()
      const status = await new Checkpoint(program)[manner](directory)
      t.equal(status.path, join(directory, 'variables/variables'))
      t.strictSame(status.missingInProgram, [])
      t.strictSame(valuesOf(program).map(describe), wanted, manner)
    }
    const root = states()
    await new Checkpoint({ root }).restore(directory)
    t.strictSame(valuesOf(root).map(describe), wanted, 'as the root')

    const keys = expected.map(({ key }) => key)
    t.strictSame(
      listVariables(directory).map(([key]) => key),
      ['_CHECKPOINTABLE_OBJECT_GRAPH', ...keys],
    )
    for (const { key, dtype, shape, sha256 } of expected) {
      t.strictSame(describe(loadVariable(directory, key) as NdArray), { dtype, shape, sha256 }, key)
    }
  })

  t.test('a directory that is none is refused by both', async (t) => {
    const directory = t.testdir()
    const latest = await new Checkpoint().save(join(directory, 'ckpt'))
    await t.rejects(tensorflow.call('inspect', { prefix: join(directory, 'ckpt') }))
    const tree = [{ kind: 'checkpoint', children: [], names: [] }]
    const request = { prefix: directory, tree }
    // It takes the directory for a damaged file of its oldest format.
    await t.rejects(tensorflow.call('restore', request), { name: 'DataLossError' })
    await t.rejects(new Checkpoint().restore(directory), {
      code: 'CKPT_NOT_FOUND',
      message: latest,
    })
  })
})
