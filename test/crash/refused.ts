/** What every refused save must look like, whatever refused it. */
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import {
  Checkpoint,
  isCheckpointError,
  NumpyState,
  zeros,
  type CheckpointError,
  type NdArray,
  type SaveOptions,
} from '../../lib/index.js'
import { listing } from '../fixtures/listing.cjs'

type Arrays = Record<string, NdArray>

export interface Trained {
  readonly state: NumpyState<Arrays>
  readonly checkpoint: Checkpoint<{ state: NumpyState<Arrays> }>
}

/** A state of some float64 zeros, `bytes` in all. */
export function train(bytes = 8000): Trained {
  const state = new NumpyState<Arrays>()
  for (const name of ['a', 'b', 'c', 'd']) state[name] = zeros([Math.floor(bytes / 32)])
  return { state, checkpoint: new Checkpoint({ state }) }
}

export const fill = ({ state }: Trained, value: number): void => {
  for (const array of Object.values(state)) (array.data as Float64Array).fill(value)
}

/** Each manner of saving, and each its own way to the disk. */
export const MANNERS: Readonly<
  Record<string, (checkpoint: Checkpoint, prefix: string) => Promise<string>>
> = {
  copy: (checkpoint, prefix) => checkpoint.save(prefix),
  'none, sharded': (checkpoint, prefix) => checkpoint.save(prefix, SHARDED),
  'not durable': (checkpoint, prefix) => checkpoint.save(prefix, { durable: false }),
  // In an async function, so that what it throws is a rejection.
  sync: async (checkpoint, prefix) => checkpoint.saveSync(prefix, { maxShardBytes: 2048 }),
}

const SHARDED: SaveOptions = { snapshot: 'none', maxShardBytes: 2048 }

export interface Refusal {
  readonly name: string
  readonly syscall?: string
}

/** The error of a save that must fail, checked: typed, with all details, nothing burnt. */
export async function refused(
  t: Test,
  { checkpoint }: Trained,
  prefix: string,
  expected: Refusal,
  save: (checkpoint: Checkpoint, prefix: string) => Promise<string>,
): Promise<CheckpointError<'CKPT_IO'> | undefined> {
  const before = checkpoint.saveCounter
  const error: unknown = await save(checkpoint, prefix).then(
    (path) => new Error(`saved ${path}`),
    (failure: unknown) => failure,
  )
  t.equal(checkpoint.saveCounter, before, 'no number is burnt')
  return checkRefusal(t, error, prefix, expected)
}

/** What a refused save was rejected with. */
export function checkRefusal(
  t: Test,
  error: unknown,
  prefix: string,
  expected: Refusal,
): CheckpointError<'CKPT_IO'> | undefined {
  if (!isCheckpointError(error, 'CKPT_IO')) {
    t.fail('should be refused with CKPT_IO', { error })
    return undefined
  }
  const { name, errno, syscall, path = '' } = error.details
  t.equal(name, expected.name)
  t.ok(errno < 0 && error.message.includes(name) && error.message.includes(syscall))
  if (expected.syscall !== undefined) t.equal(syscall, expected.syscall)
  t.ok(path.startsWith(dirname(prefix)) || prefix.startsWith(path), `it tells the path (${path})`)
  return error
}

/** Runs `body`, which must leave every file of the directory as it is. */
export async function unchanged(
  t: Test,
  directory: string,
  body: () => Promise<unknown>,
): Promise<void> {
  const before = listing(directory)
  await body()
  t.strictSame(listing(directory), before, 'nothing is left behind, nothing is changed')
}

/** Every checkpoint of a directory restores, with the content of its number. */
export function restoresAll(t: Test, directory: string): void {
  for (const name of readdirSync(directory)) {
    const number = /^(.*-(\d+))\.index$/.exec(name)
    if (number === null || !statSync(join(directory, name)).isFile()) continue
    const { state, checkpoint } = train(32)
    checkpoint.restoreSync(join(directory, number[1] ?? ''))
    const values = Object.values(state).flatMap(({ data }) => [...(data as Float64Array)])
    t.ok(
      values.every((value) => value === Number(number[2])),
      `${name} is intact`,
    )
  }
}
