/** What may come out of a damaged checkpoint: its exact content, or one of our errors. */
import { inspect } from 'node:util'
import type { Test } from 'tap'
import {
  Checkpoint,
  isCheckpointError,
  NumpyState,
  openCheckpointSync,
  type ErrorCode,
  type ReadOptions,
  type TypedArray,
  type VerifyReport,
} from '../../lib/index.js'

/** What a damaged checkpoint may be said to be. */
const ANSWERS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CKPT_CORRUPT',
  'CKPT_NOT_FOUND',
  'CKPT_UNSUPPORTED',
  'CKPT_TOO_LARGE',
  'CKPT_MISMATCH',
])

/** The code of the error, or the error itself when it is none that may come. */
export function answerOf(error: unknown): ErrorCode {
  if (isCheckpointError(error) && ANSWERS.has(error.code)) return error.code
  throw new Error(`not an answer: ${inspect(error)}`, { cause: error })
}

/** A state that holds one array already; restoring must replace all or nothing. */
export function newTarget(): { state: NumpyState; checkpoint: Checkpoint } {
  const state = new NumpyState<Record<string, TypedArray>>()
  state['x'] = Float64Array.of(1, 2, 3)
  return { state, checkpoint: new Checkpoint({ state }) }
}

/** Restores into a new target; the code of the failure, which must have left it as it was. */
export function restoreFails(
  t: Test,
  prefix: string,
  options: ReadOptions = {},
): ErrorCode | undefined {
  const { state, checkpoint } = newTarget()
  const [key, held] = Object.entries(state)[0] ?? []
  try {
    checkpoint.restoreSync(prefix, options)
    return undefined
  } catch (error) {
    const unchanged = Object.keys(state).join() === key && state['x'] === held
    if (!unchanged || checkpoint.saveCounter !== 0) t.fail(`half restored after ${inspect(error)}`)
    return answerOf(error)
  }
}

/** Opens and verifies; the codes of the failure or of all problems. */
export function problemsOf(prefix: string): { codes: ErrorCode[]; report?: VerifyReport } {
  try {
    const report = openCheckpointSync(prefix).verifySync()
    return { codes: report.problems.map(({ code }) => code), report }
  } catch (error) {
    return { codes: [answerOf(error)] }
  }
}

/** Reads everything that can be read, each tensor on its own. */
export function readEach(prefix: string, options: ReadOptions = {}): ErrorCode[] {
  const codes: ErrorCode[] = []
  const attempt = (body: () => unknown): void => {
    try {
      body()
    } catch (error) {
      codes.push(answerOf(error))
    }
  }
  attempt(() => {
    const reader = openCheckpointSync(prefix, options)
    attempt(() => reader.objectGraph)
    for (const { key } of reader.variables()) {
      attempt(() => {
        const tensor = reader.get(key)
        return 'data' in tensor ? tensor.data : [...tensor]
      })
    }
  })
  return codes
}
