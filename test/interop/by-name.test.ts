// Checkpoints without objects, as `tf.compat.v1.train.Saver` writes them: variables are found by their
// names in a graph. And ours, restored by a Saver, which then goes by the names that ours were given.
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  latestCheckpoint,
  Variable,
  VariableState,
  zeros,
  type DType,
  type NdArray,
} from '../../lib/index.js'
import { seeded } from '../fixtures/random'
import { describeValue, Leaves, variable, type LeafValue } from './leaves'
import { Random } from './random-arrays'
import { withTensorFlow, type TensorFlow } from './tensorflow'

const SEED = Number(process.env['CKPT_SEED'] ?? 2019)

interface Named {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  /** So many parts along the first axis. */
  readonly parts?: number
}

type NamedValue = LeafValue & { readonly name: string }

const NAMED: readonly Named[] = [
  { name: 'dense/kernel', dtype: 'float32', shape: [3, 4] },
  { name: 'dense/bias', dtype: 'float32', shape: [4] },
  { name: 'dense/deeper/gate', dtype: 'bfloat16', shape: [2] },
  { name: 'a.b..S/c-d_e', dtype: 'complex64', shape: [2] },
  { name: 'global_step', dtype: 'int64', shape: [] },
  { name: 'mask', dtype: 'bool', shape: [5] },
  { name: 'table', dtype: 'float32', shape: [10, 3], parts: 3 },
  { name: 'in/parts', dtype: 'int32', shape: [7, 2, 2], parts: 7 },
]

/** The variables with random values. */
function fill(random: Random): (Named & LeafValue)[] {
  const { expected } = new Leaves(
    NAMED.map(({ dtype, shape }) => variable(dtype, shape)),
    random,
  )
  return NAMED.map((named, i) => ({ ...named, ...(expected[i] as LeafValue) }))
}

const described = (name: string, value: NdArray): NamedValue => ({ name, ...describeValue(value) })

const valuesOf = (variables: readonly (Named & LeafValue)[]): NamedValue[] =>
  variables.map(({ name, dtype, shape, value }) => ({ name, dtype, shape, value }))

interface Program {
  readonly root: Checkpoint
  readonly read: () => NamedValue[]
}

type Arrays = Record<string, NdArray>

const make = ({ name, dtype, shape }: Named, isNamed: boolean): Variable<NdArray> =>
  new Variable(zeros(shape, dtype), undefined, isNamed ? { name } : {})

/** Objects by the parts of the names, each between two slashes. */
function byPath(): Program {
  const [kernel, bias, , , step, mask, table] = NAMED.map((named) => make(named, false))
  const [deeper, ab, parts]: Arrays[] = [0, 1, 2].map(() => new VariableState<Arrays>())
  const root = new Checkpoint({
    dense: { kernel, bias, deeper },
    'a.b..S': ab,
    global_step: step,
    mask,
    table,
    in: parts,
  })
  const read = (): NamedValue[] => {
    const first = [kernel?.value, bias?.value, deeper?.['gate'], ab?.['c-d_e']]
    const all = [...first, step?.value, mask?.value, table?.value, parts?.['parts']]
    return all.map((array, i) => described(NAMED[i]?.name ?? '', array ?? zeros([0])))
  }
  return { root, read }
}

/** Objects of any shape, whose variables bear the names. */
function byName(): Program {
  const variables = NAMED.map((named) => make(named, true))
  const root = new Checkpoint({ model: { layers: variables } })
  const read = (): NamedValue[] =>
    variables.map(({ value }, i) => described(NAMED[i]?.name ?? '', value))
  return { root, read }
}

const PROGRAMS = { 'by its path': byPath, 'by its name': byName }

withTensorFlow(t, (tensorflow: TensorFlow) => {
  for (const [how, program] of Object.entries(PROGRAMS)) {
    for (const sharded of [false, true]) {
      const what = sharded ? 'a sharded Saver' : 'a Saver'
      t.test(`each variable of ${what} is found ${how}`, async (t) => {
        const directory = t.testdir()
        const variables = fill(new Random(seeded(SEED)))
        const request = { base: join(directory, 'model'), variables, sharded, step: 7 }
        const prefix = (await tensorflow.call('save_by_name', request)) as string
        t.equal(latestCheckpoint(directory), prefix)
        const { root, read } = program()
        const status = await root.restore(prefix)
        status.assertConsumed()
        t.equal(status.restored, NAMED.length)
        t.strictSame(read(), valuesOf(variables))
        t.equal(root.saveCounter, 0, 'a Saver counts nothing')
      })
    }

    t.test(`a Saver finds each of our variables ${how}`, async (t) => {
      const variables = fill(new Random(seeded(SEED + 1)))
      const base = join(t.testdir(), 'model')
      const prefix = await tensorflow.call('save_by_name', {
        base,
        variables,
        sharded: false,
        step: 1,
      })
      const { root } = program()
      await root.restore(String(prefix))
      const ours = await root.save(join(t.testdir(), 'ours'))
      // Whole ones: of the parts of a variable a Saver takes the first only, from any objects.
      const request = { prefix: ours, variables: valuesOf(variables) }
      t.strictSame(await tensorflow.call('restore_by_name', request), valuesOf(variables))
    })
  }

  t.test('a part of the names, in a program that has more', async (t) => {
    const variables = fill(new Random(seeded(SEED)))
    const request = { base: join(t.testdir(), 'model'), variables, sharded: false, step: 1 }
    const prefix = (await tensorflow.call('save_by_name', request)) as string
    const table = new Variable(zeros([10, 3], 'float32'), undefined, { name: 'table' })
    const other = new Variable(1, 'float32', { name: 'dense/other' })
    const status = await new Checkpoint({ table, other }).restore(prefix)
    t.equal(status.restored, 1)
    const wanted = valuesOf(variables).find(({ name }) => name === 'table')
    t.strictSame(described('table', table.value), wanted)
    t.equal(other.value, 1)
    const missing = status.missingInProgram.map(({ key }) => key).sort()
    t.strictSame(
      missing,
      NAMED.map(({ name }) => name)
        .filter((name) => name !== 'table')
        .sort(),
    )
    t.strictSame(
      status.missingInCheckpoint.map(({ key }) => key),
      ['other/.ATTRIBUTES/VARIABLE_VALUE'],
    )
  })

  t.test(
    "a graph's training goes on from what we saved of it, slots of Adam included",
    async (t) => {
      interface Trained {
        readonly prefix: string
        readonly before: readonly Named[]
        readonly after: readonly Named[]
      }
      const train = (base: string, prefix?: string): Promise<Trained> =>
        tensorflow.call('train_in_graph', { base, prefix }) as Promise<Trained>
      const base = join(t.testdir(), 'model')
      const first = await train(base)
      const names = first.after.map(({ name }) => name)
      t.ok(names.includes('dense/kernel/Adam_1') && names.includes('beta1_power'))
      const variables = first.after.map((named) => make(named, true))
      const checkpoint = new Checkpoint({ variables })
      const values = (): NamedValue[] =>
        variables.map(({ value }, i) => described(names[i] ?? '', value))
      ;(await checkpoint.restore(first.prefix)).assertConsumed()
      t.strictSame(values(), first.after)
      const second = await train(base, await checkpoint.save(join(base, '../ours')))
      t.strictSame(second.before, first.after)
      t.notSame(second.after, first.after)
      ;(await checkpoint.restore(second.prefix)).assertConsumed()
      t.strictSame(values(), second.after)
    },
  )
})
