// Objects that hold others, and JSON: what they save, TensorFlow restores into lists, dicts,
// variables and PythonStates, and the other way round.
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  JsonState,
  List,
  Mapping,
  splitDependency,
  Trackable,
  Variable,
  zeros,
  type NdArray,
} from '../../lib/index.js'
import { withTensorFlow } from './tensorflow'

const scalar = (value: number): NdArray => {
  const array = zeros([])
  array.set(value)
  return array
}

/** The objects of tf_worker.py's `containers`. */
function program(x: readonly number[], config: unknown) {
  const v = x.slice(0, 4).map((value) => new Variable(value)) as [
    Variable<number>,
    Variable<number>,
    Variable<number>,
    Variable<number>,
  ]
  const halves = { first: x[4] ?? NaN, second: x[5] ?? NaN }
  const split = new Trackable()
  const fill = () => ({ first: scalar(halves.first), second: scalar(halves.second) })
  const consume = ({ first, second }: Record<'first' | 'second', NdArray>): void => {
    Object.assign(halves, { first: first.get(), second: second.get() })
  }
  Object.assign(split, splitDependency(['first', 'second'], ['float64', 'float64'], fill, consume))
  const state = new JsonState(config)
  const checkpoint = new Checkpoint({
    list: new List<object>([v[0], new List([v[1]])]),
    mapping: new Mapping([
      ['a/b', v[2]],
      ['__proto__', v[3]],
    ]),
    split,
    config: state,
  })
  const values = (): object => ({
    x: [...v.map(({ value }) => value), halves.first, halves.second],
    config: state.value,
  })
  return { checkpoint, values }
}

const CONFIG = {
  text: 'é 日本 😀 "\\\u0000',
  numbers: [0, -1.5, 1e300, 2 ** 53 - 1],
  deep: { '': null, 'a.b': [true, [], {}] },
}

withTensorFlow(t, (tensorflow) => {
  const x = [1, -2.5, 3, 4, 5, 6]

  t.test('what we save is restored by TensorFlow', async (t) => {
    const { checkpoint, values } = program(x, CONFIG)
    const prefix = await checkpoint.write(join(t.testdir(), 'x'))
    t.strictSame(await tensorflow.call('restore_containers', { prefix }), values())
  })

  t.test('what TensorFlow saves is restored', async (t) => {
    const prefix = join(t.testdir(), 'x')
    await tensorflow.call('save_containers', { prefix, x, config: CONFIG })
    const { checkpoint, values } = program([0, 0, 0, 0, 0, 0], null)
    const status = await checkpoint.read(prefix)
    t.equal(status.assertConsumed().restored, 7)
    t.strictSame(values(), { x, config: CONFIG })
  })
})
