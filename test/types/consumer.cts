/** A user's CommonJS module, by both ways of importing. types.test.ts compiles it; it never runs. */
import ndcheckpoint = require('ndcheckpoint')
import {
  Checkpoint,
  NumpyState,
  Trackable,
  Variable,
  isCheckpointError,
  openCheckpoint,
  trackable,
  zeros,
} from 'ndcheckpoint'
import type { NdArray, RestoreOptions, TrackableObject } from 'ndcheckpoint'

const arrays = new NumpyState()
const checkpoint = new Checkpoint({ numpy_arrays: arrays })
arrays.x = zeros([3, 4])
arrays.x.set(1, 1, 4)

async function main(): Promise<readonly number[]> {
  const path: string = await checkpoint.save('/tmp/ckpt')
  const second = new ndcheckpoint.Checkpoint({ numpy_arrays: new ndcheckpoint.NumpyState() })
  await second.restore(path)
  await using reader = await openCheckpoint(path)
  const { shape }: NdArray | ndcheckpoint.StringTensor = reader.get('x')
  return [...second.numpy_arrays.x.shape, ...shape]
}

const run = (): Promise<unknown> =>
  main().catch((error: unknown) => {
    if (isCheckpointError(error, 'CKPT_IO')) console.log(error.details.errno)
    // @ts-expect-error: not narrowed
    console.log(error.details)
  })

// The same types by either way.
const state: ndcheckpoint.NumpyState<{ w: Float32Array }> = new NumpyState<{ w: Float32Array }>()
const array: NdArray<'int64'> = ndcheckpoint.zeros([2], 'int64')
const big: bigint = array.get(0)

class Agent extends ndcheckpoint.Trackable {
  steps = new ndcheckpoint.Variable(0)
}
class Named implements TrackableObject {
  readonly #w = new Variable(zeros([2]));
  [ndcheckpoint.trackable](): Record<string, unknown> {
    return { w: this.#w, agent: new Agent() }
  }
}
const base: Trackable = new Agent()
const symbol: typeof trackable = ndcheckpoint.trackable
const options: RestoreOptions = { remap: { a: 'b' }, filter: ['a/'] }
const objects = new Checkpoint({ agent: new Agent(), named: new Named() })
const steps: Variable<number> = objects.agent.steps
const partly = (): unknown => objects.restoreSync('/tmp/ckpt-1', options).missingInProgram

// @ts-expect-error: only the package itself can be required
import type * as native from 'ndcheckpoint/lib/native.js'

export type { native }
export { base, big, partly, run, state, steps, symbol }
