/** A program under a manager, for its tests. */
import type t from 'tap'
import {
  Checkpoint,
  CheckpointManager,
  Variable,
  type CheckpointError,
  type ManagerOptions,
} from '../../lib/index.js'
import { filesIn } from '../checkpoint/files'

type Test = Pick<typeof t, 'teardown'>

export interface Program {
  readonly checkpoint: Checkpoint<{ step: { value: number } }>
  readonly step: { value: number }
  readonly manager: CheckpointManager
  readonly warnings: CheckpointError[]
}

/** A program that trains one variable, over a directory that may be another one's. */
export function start(t: Test, directory: string, options: ManagerOptions = {}): Program {
  const step = new Variable(0, 'int64')
  const checkpoint = new Checkpoint({ step })
  const warnings: CheckpointError[] = []
  const onWarning = (warning: CheckpointError): unknown => warnings.push(warning)
  const manager = new CheckpointManager(checkpoint, directory, { onWarning, ...options })
  t.teardown(() => manager.close())
  return { checkpoint, step, manager, warnings }
}

/** Steps and saves so often. */
export async function train({ step, manager }: Program, saves: number): Promise<void> {
  for (let i = 0; i < saves; i++) {
    step.value++
    await manager.save()
  }
  await manager.sync()
}

export const names = (manager: CheckpointManager): string[] =>
  manager.checkpoints.map((path) => path.slice(manager.directory.length + 1))

export const indexes = (directory: string): string[] =>
  filesIn(directory).filter((name) => name.endsWith('.index'))
