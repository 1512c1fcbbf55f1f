// A Keras model with Adam, trained by Python and Node in turns on the same checkpoints.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { latestCheckpoint, openCheckpoint, type NdArray } from '../../lib/index.js'
import { runChild } from '../fixtures/child'
import { isClose, type Numbers } from './numbers'
import { withTensorFlow, type TensorFlow } from './tensorflow'

interface Trained {
  readonly prefix: string
  /** After each step: a model, its optimizer, and what the model predicts. */
  readonly steps: readonly [Numbers, Numbers]
}

/** Where the program of adam-step.cjs has what Keras calls otherwise. */
const KEYS: Readonly<Record<string, string>> = {
  'net/hidden/kernel': 'model/_functional/_operations/1/_kernel',
  'net/hidden/bias': 'model/_functional/_operations/1/bias',
  'net/norm/gamma': 'model/_functional/_operations/2/gamma',
  'net/norm/beta': 'model/_functional/_operations/2/beta',
  'net/norm/moving_mean': 'model/_functional/_operations/2/moving_mean',
  'net/norm/moving_variance': 'model/_functional/_operations/2/moving_variance',
  'net/out/kernel': 'model/_functional/_operations/3/_kernel',
  'net/out/bias': 'model/_functional/_operations/3/bias',
}

const keyOf = (name: string): string =>
  `${KEYS[name] ?? name.replace('optimizer/', 'optimizer/_variables/')}/.ATTRIBUTES/VARIABLE_VALUE`

/** What a checkpoint of Node's has under the names of Keras. */
async function numbersIn(prefix: string, names: readonly string[]): Promise<Numbers> {
  const reader = await openCheckpoint(prefix)
  const found = names.map((name) => {
    const { data } = reader.get(keyOf(name)) as NdArray
    return [name, Array.from(data, Number)] as const
  })
  await reader.close()
  return Object.fromEntries(found)
}

const withoutPredictions = (numbers: Numbers): Numbers =>
  Object.fromEntries(Object.entries(numbers).filter(([name]) => name !== 'predictions'))

withTensorFlow(t, (tensorflow: TensorFlow) => {
  for (const built of [true, false]) {
    const how = built ? 'that are there' : 'that come with the first step'
    t.test(
      `two steps in Python, one in Node, one in Python, optimizer variables ${how}`,
      async (t) => {
        const directory = t.testdir()
        const base = join(directory, 'model')
        const trained = (await tensorflow.call('keras_train', { base })) as Trained & {
          readonly gradients: readonly (readonly number[])[]
        }
        t.equal(trained.prefix, `${base}-1`)
        const gradients = join(directory, 'gradients.json')
        writeFileSync(gradients, JSON.stringify(trained.gradients))
        const [prefix] = await runChild('adam-step.cjs', {
          args: [trained.prefix, base, gradients],
        })
        t.equal(prefix, `${base}-2`)
        const wanted = withoutPredictions(trained.steps[0])
        t.strictSame(wanted['optimizer/0'], [3])
        const numbers = await numbersIn(prefix ?? '', Object.keys(wanted))
        isClose(t, numbers, wanted, 1e-6, "Node's step and Python's")

        const request = { prefix, base, built }
        const taken = (await tensorflow.call('keras_take_over', request)) as Trained
        t.strictSame(withoutPredictions(taken.steps[0]), numbers, 'Python has what Node saved')
        isClose(t, taken.steps[0], trained.steps[0], 1e-6, 'what the model predicts')
        t.strictSame(taken.steps[1]['optimizer/0'], [4])
        isClose(t, taken.steps[1], trained.steps[1], 1e-5, 'the training that goes on')

        t.equal(taken.prefix, `${base}-3`)
        t.equal(latestCheckpoint(directory), taken.prefix)
        const [last] = await runChild('adam-step.cjs', { args: [taken.prefix, base, gradients] })
        t.equal(last, `${base}-4`)
        const steps = await numbersIn(last ?? '', ['optimizer/0'])
        t.strictSame(steps['optimizer/0'], [5], 'and so on')
      },
    )
  }
})
