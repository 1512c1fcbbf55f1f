/**
 * A run with all that the page has something to show of.
 */
import { join } from 'node:path'
import {
  Checkpoint,
  CheckpointManager,
  JsonState,
  ndarray,
  NumpyState,
  Variable,
  VariableState,
} from '../../lib/index.js'

export const SAVES = 4

/** Saves checkpoints 1 to 4, incrementally; `model/dense/kernel` grows by 1 each time. */
export async function makeViewedRun(directory: string): Promise<string> {
  const dense = new VariableState()
  const kernel = Float32Array.from({ length: 6 * 8 }, (_, i) => i - 24)
  dense['kernel'] = ndarray(kernel, [6, 8])
  dense['bias'] = new Float32Array(5).fill(0.5)
  const vision = new VariableState()
  vision['kernel'] = ndarray(
    Float32Array.from({ length: 3 * 4 * 5 }, (_, i) => i),
    [3, 4, 5],
  )
  const frozen = new NumpyState()
  frozen['table'] = new Float32Array(100_000).fill(0.25)
  const step = new Variable(0, 'int64')
  const notes = new JsonState({ text: '<b>not bold</b>' })
  const checkpoint = new Checkpoint({
    model: { dense, vision, tied: dense },
    frozen,
    odd: oddities(),
    notes,
    step,
  })
  const run = join(directory, 'run')
  const manager = new CheckpointManager(checkpoint, run, { stepCounter: step, incremental: true })
  for (let i = 1; i <= SAVES; i++) {
    step.value = 100 * i
    await manager.save({ metric: i / 10 })
    for (let k = 0; k < kernel.length; k++) kernel[k] = Number(kernel[k]) + 1
  }
  await manager.close()
  return run
}

/** Numbers that are easily got wrong. */
function oddities(): VariableState {
  const odd = new VariableState()
  odd['broken'] = new Float32Array([NaN, 1, -Infinity, 3, Infinity])
  odd['nothing'] = ndarray(new Float32Array(0), [0, 3])
  odd['all_nan'] = new Float64Array([NaN, NaN])
  odd['wide'] = new BigInt64Array([-(2n ** 62n), 0n, 2n ** 62n])
  odd['half'] = ndarray(new Uint16Array([0x3f80, 0xbf80, 0x4000, 0]), [2, 2], { dtype: 'bfloat16' })
  odd['complex'] = ndarray(new Float32Array([3, 4, 0, -2]), [2], { dtype: 'complex64' })
  odd['flag'] = ndarray(new Uint8Array([1, 0]), [2], { dtype: 'bool' })
  return odd
}
