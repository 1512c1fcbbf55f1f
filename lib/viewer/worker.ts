/**
 * A worker thread that reads checkpoints for the page, so that the server hears every request at
 * once, also while gigabytes are read.
 *
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads'
import { isCheckpointError } from '../errors.js'
import { answerTo } from './answers/index.js'
import { Place } from './answers/opened.js'
import type { Failure, Line, QuestionName } from './wire.js'

export interface WorkerSetup {
  readonly path: string
  /** A flag for each question, by its number modulo their count: not 0 if nobody waits for it. */
  readonly dropped: Int32Array<SharedArrayBuffer>
}

export interface Question {
  readonly number: number
  readonly name: QuestionName
  readonly ask: unknown
}

export interface Reply {
  readonly number: number
  readonly line: Line
}

/** Milliseconds between two words about the progress. */
const PROGRESS_EVERY = 100

const { path, dropped } = workerData as WorkerSetup
const place = new Place(path)

async function answer({ number, name, ask }: Question): Promise<void> {
  const tell = (line: Line): void => parentPort?.postMessage({ number, line } satisfies Reply)
  let told = Date.now()
  try {
    const answer = await answerTo(place, name, ask, (progress) => {
      if (Atomics.load(dropped, number % dropped.length) !== 0) throw new Dropped()
      const now = Date.now()
      if (now - told < PROGRESS_EVERY) return
      told = now
      tell({ progress })
    })
    tell({ answer })
  } catch (error) {
    tell({ failure: failureOf(error) })
  }
}

/** Nobody waits any more. */
class Dropped extends Error {}

function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  if (isCheckpointError(error)) return { code: error.code, message }
  return { code: error instanceof Dropped ? 'DROPPED' : 'ERROR', message }
}

// One after the other: two readers of large tensors would only disturb each other.
let last = Promise.resolve()
parentPort?.on('message', (question: Question) => {
  last = last.then(() => {
    const isDropped = Atomics.load(dropped, question.number % dropped.length) !== 0
    return isDropped ? undefined : answer(question)
  })
})
