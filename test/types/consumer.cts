/** A user's CommonJS module, by both ways of importing. types.test.ts compiles it; it never runs. */
import ndcheckpoint = require('ndcheckpoint')
import { Checkpoint, NumpyState, isCheckpointError, openCheckpoint, zeros } from 'ndcheckpoint'
import type { NdArray } from 'ndcheckpoint'

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

// @ts-expect-error: only the package itself can be required
import type * as native from 'ndcheckpoint/lib/native.js'

export type { native }
export { big, run, state }
