// A run of incremental saves, each of them restored by TensorFlow: it knows nothing of them.
import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { bytesOf } from '../../lib/array/typed-arrays.js'
import {
  Checkpoint,
  CheckpointManager,
  NumpyState,
  Variable,
  zeros,
  type IncrementalOptions,
  type NdArray,
  type SaveReport,
} from '../../lib/index.js'
import { isTrackingAvailable } from '../../lib/native.js'
import { seeded } from '../fixtures/random'
import { sha256 } from './bytes'
import { withTensorFlow, type TensorFlow } from './tensorflow'

const SEED = Number(process.env['CKPT_SEED'] ?? 2019)
const SAVES = 100
const VARIABLES = {
  table: [[4000, 32], 'float32'],
  half: [[300, 40], 'float16'],
  ids: [[5000], 'int64'],
  flags: [[70, 30, 3], 'bool'],
} as const

const makeVariables = (): Record<keyof typeof VARIABLES, Variable> => ({
  table: new Variable(zeros(VARIABLES.table[0], 'float32')),
  half: new Variable(zeros(VARIABLES.half[0], 'float16')),
  ids: new Variable(zeros(VARIABLES.ids[0], 'int64')),
  flags: new Variable(zeros(VARIABLES.flags[0], 'bool')),
})

const makeArrays = (): NumpyState<Record<string, NdArray>> => {
  const lengths = [30_000, 20_000, 9000, 100, 7, 1]
  const arrays = lengths.map((length, i) => [`w${String(i)}`, zeros([length], 'float32')] as const)
  return Object.assign(new NumpyState(), Object.fromEntries(arrays))
}

type Bytes = Record<string, string>

const digests = (arrays: object, variables: ReturnType<typeof makeVariables>): Bytes => {
  const all = [
    ...Object.entries(arrays as Record<string, NdArray>),
    ...Object.entries(variables).map(([name, { value }]) => [name, value] as const),
  ] as [string, NdArray][]
  return Object.fromEntries(all.map(([name, { data }]) => [name, sha256(bytesOf(data))]))
}

const WAYS: IncrementalOptions[] = [
  { detect: 'compare', sliceBytes: 100_000 },
  ...(isTrackingAvailable() ? [{ detect: 'track', sliceBytes: 100_000 } as const] : []),
]

withTensorFlow(t, (tensorflow: TensorFlow) => {
  for (const incremental of WAYS) {
    const title = `a hundred saves, three are kept: ${JSON.stringify(incremental)}`
    t.test(title, async (t: Test) => {
      const random = seeded(SEED)
      const directory = t.testdir()
      const [arrays, variables] = [makeArrays(), makeVariables()]
      const names = Object.keys(arrays)
      const restoredByUs = async (path: string): Promise<Bytes> => {
        const [others, values] = [new NumpyState<Record<string, NdArray>>(), makeVariables()]
        await new Checkpoint({ arrays: others, ...values }).restore(path)
        return digests(others, values)
      }
      const restored = (prefix: string): Promise<unknown> =>
        tensorflow.call('restore_run', { prefix, names, variables: VARIABLES })
      const reports: SaveReport[] = []
      const onReport = (report: SaveReport): void => void reports.push(report)
      const checkpoint = new Checkpoint({ arrays, ...variables })
      const options = { maxToKeep: 3, incremental, onReport }
      const manager = new CheckpointManager(checkpoint, directory, options)
      for (let save = 0; save < SAVES; save++) {
        const all = [
          ...Object.values(arrays),
          ...Object.values(variables).map(({ value }) => value as NdArray),
        ]
        for (const { data } of all) {
          if (random() > 0.3) continue
          const bytes = bytesOf(data)
          bytes[Math.floor(random() * bytes.length)] = random() < 0.5 ? 0 : 1
        }
        const expected = digests(arrays, variables)
        const path = (await manager.save()) ?? ''
        await manager.sync()
        t.strictSame(await restoredByUs(path), expected, `${basename(path)}, by us`)
        t.strictSame(await restored(path), expected, `${basename(path)}, by TensorFlow`)
        if (save !== SAVES - 1) continue
        // The files of one checkpoint are all that it needs.
        const elsewhere = join(directory, 'elsewhere')
        mkdirSync(elsewhere)
        for (const name of readdirSync(dirname(path))) {
          if (name.startsWith(`${basename(path)}.`))
            cpSync(join(directory, name), join(elsewhere, name))
        }
        t.strictSame(await restored(join(elsewhere, basename(path))), expected, 'copied elsewhere')
      }
      await manager.close()
      const incrementals = reports.filter(({ kind }) => kind === 'incremental')
      t.ok(incrementals.length > 90, `${String(incrementals.length)} are incremental`)
      t.ok(incrementals.some(({ shardsLinked }) => shardsLinked > 1))
    })
  }
})
