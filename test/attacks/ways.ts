/** Every way to open a checkpoint, and what each gives as one text. */
import { dirname } from 'node:path'
import {
  Checkpoint,
  CheckpointError,
  CheckpointManager,
  CheckpointView,
  getCheckpointState,
  isCheckpointError,
  latestCheckpoint,
  listVariables,
  loadVariable,
  NdArray,
  NumpyState,
  openCheckpoint,
  openCheckpointSync,
  type CheckpointReader,
  type ReadOptions,
  type StringTensor,
  type VerifyReport,
} from '../../lib/index.js'
import { answerOf } from './expect'

export interface Way {
  readonly name: string
  /** What it gives are bytes whose checksums it has checked: they are right, or there are none. */
  readonly isChecked: boolean
  /** @returns the content as it came */
  readonly give: (prefix: string) => string | Promise<string>
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)

function textOf(value: NdArray | StringTensor): string {
  const elements =
    value instanceof NdArray ? hex(bytesOf(value.data)) : Array.from(value, hex).join(',')
  return `${value.dtype} [${value.shape.join()}] ${elements}`
}

/** All that a reader has, key by key. What it refuses is part of it. */
function everything(reader: CheckpointReader): string {
  const lines = reader.variables().map(({ key }) => `${key} ${textOf(reader.get(key))}`)
  const graph = JSON.stringify(reader.objectGraph ?? null)
  reader.closeSync()
  return [...lines, graph].join('\n')
}

const contentOf = (state: NumpyState<Record<string, NdArray>>): string =>
  Object.keys(state)
    .sort()
    .map((name) => `${name} ${textOf(state[name] as NdArray)}`)
    .join('\n')

function target(): { checkpoint: Checkpoint; content: () => string } {
  const state = new NumpyState<Record<string, NdArray>>()
  const checkpoint = new Checkpoint({ state })
  return { checkpoint, content: () => `${contentOf(state)} ${String(checkpoint.saveCounter)}` }
}

function restored(prefix: string, options: ReadOptions): string {
  const { checkpoint, content } = target()
  checkpoint.restoreSync(prefix, options)
  return content()
}

async function restoredLater(prefix: string, options: ReadOptions): Promise<string> {
  const { checkpoint, content } = target()
  await checkpoint.restore(prefix, options)
  return content()
}

const quiet = { onWarning: () => undefined } as const

/** What a manager restores; that it found nothing whole is an error as any other. */
export async function managed(directory: string, sync: boolean): Promise<string> {
  const { checkpoint, content } = target()
  const manager = new CheckpointManager(checkpoint, directory, { ...quiet, maxToKeep: null })
  try {
    const path = sync ? manager.restoreOrInitializeSync() : await manager.restoreOrInitialize()
    return path === null ? 'nothing' : content()
  } finally {
    await manager.close()
  }
}

function wholeness({ problems: [first] }: VerifyReport): string {
  if (first === undefined) return 'whole'
  throw new CheckpointError('CKPT_CORRUPT', first.reason, { reason: 'inconsistent' })
}

const MODES = ['map', 'load'] as const
const CHECKS = ['off', 'lazy', 'eager'] as const

const OPTIONS = MODES.flatMap((mode) => CHECKS.map((verify) => ({ mode, verify })))

const nameOf = ({ mode, verify }: (typeof OPTIONS)[number]): string => `${mode}, ${verify}`

const OPENING: readonly Way[] = [
  ...OPTIONS.map((options) => ({
    name: `openCheckpointSync, ${nameOf(options)}`,
    isChecked: options.verify !== 'off',
    give: (prefix: string) => everything(openCheckpointSync(prefix, options)),
  })),
  {
    name: 'openCheckpoint, eager',
    isChecked: true,
    give: async (prefix) => everything(await openCheckpoint(prefix, { verify: 'eager' })),
  },
  {
    name: 'listVariables',
    isChecked: true,
    give: (prefix) => JSON.stringify(listVariables(prefix)),
  },
  {
    name: 'loadVariable',
    isChecked: true,
    give: (prefix) =>
      listVariables(prefix)
        .map(([key]) => textOf(loadVariable(prefix, key)))
        .join('\n'),
  },
  {
    name: 'CheckpointView',
    isChecked: true,
    give: (prefix) => JSON.stringify(new CheckpointView(prefix).objectGraph),
  },
]

const RESTORING: readonly Way[] = [
  ...OPTIONS.map((options) => ({
    name: `restoreSync, ${nameOf(options)}`,
    // Arrays are looked at below, which is their first use.
    isChecked: options.verify !== 'off',
    give: (prefix: string) => restored(prefix, options),
  })),
  {
    name: 'restore, load and off',
    isChecked: false,
    give: (prefix) => restoredLater(prefix, { mode: 'load', verify: 'off' }),
  },
  {
    name: 'restore, map and eager',
    isChecked: true,
    give: (prefix) => restoredLater(prefix, { mode: 'map', verify: 'eager' }),
  },
  {
    name: 'the latest of the directory',
    isChecked: true,
    give: (prefix) => {
      const path = latestCheckpoint(dirname(prefix))
      return path === null ? 'none' : restored(path, { verify: 'eager' })
    },
  },
]

const VERIFYING: readonly Way[] = [
  {
    name: 'verifySync',
    isChecked: true,
    give: (prefix) => wholeness(openCheckpointSync(prefix).verifySync()),
  },
  {
    name: 'verify',
    isChecked: true,
    give: async (prefix) => wholeness(await (await openCheckpoint(prefix)).verify()),
  },
]

export const WAYS: readonly Way[] = [...OPENING, ...RESTORING, ...VERIFYING]

/** What the state file of a directory leads to. */
export const STATE_WAYS: readonly Way[] = [
  {
    name: 'getCheckpointState',
    isChecked: false,
    give: (directory) => JSON.stringify(getCheckpointState(directory)),
  },
  {
    name: 'openCheckpointSync of the directory',
    isChecked: true,
    give: (directory) => everything(openCheckpointSync(directory, { verify: 'eager' })),
  },
  {
    name: 'latestCheckpoint',
    isChecked: true,
    give: (directory) => {
      const path = latestCheckpoint(directory)
      return path === null ? 'none' : restored(path, { verify: 'eager' })
    },
  },
]

/**
 * What a way gives of a damaged checkpoint: its content, or the code of one of our errors.
 *
 * @throws anything else that came of it
 */
export async function answer(way: Way, path: string): Promise<{ content: string } | string> {
  try {
    return { content: await way.give(path) }
  } catch (error) {
    // A link or directory in place of a file may come as well as damage.
    if (isCheckpointError(error, 'CKPT_IO')) return error.code
    return answerOf(error)
  }
}
