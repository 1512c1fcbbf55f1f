/**
 * Directories as training leaves them.
 */
import { join } from 'node:path'
import {
  Checkpoint,
  CheckpointManager,
  NumpyState,
  Variable,
  type ManagerOptions,
} from '../../lib/index.js'

/** Saves some checkpoints of one large array that stays and a small one that changes. */
export async function makeRun(
  directory: string,
  saves: number,
  options: ManagerOptions = {},
): Promise<string> {
  const arrays = new NumpyState()
  arrays['frozen'] = new Float32Array(100_000).fill(0.5)
  arrays['head'] = new Float32Array(10)
  const step = new Variable(0, 'int64')
  const checkpoint = new Checkpoint({ arrays, step })
  const run = join(directory, 'run')
  const manager = new CheckpointManager(checkpoint, run, { stepCounter: step, ...options })
  for (let i = 1; i <= saves; i++) {
    step.value = 100 * i
    ;(arrays['head'] as Float32Array).fill(i)
    await manager.save()
  }
  await manager.close()
  return run
}
