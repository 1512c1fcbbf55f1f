/**
 * The two worker threads that answer: one for what is drawn at once, one for what reads much, so that
 * the first never waits for the second.
 *
 * @module
 */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { isLong } from './answers/index.js'
import type { Line, QuestionName } from './wire.js'
import type { Question, Reply, WorkerSetup } from './worker.js'

/** Questions that may wait at once; beyond that somebody plays with the server. */
const MAX_WAITING = 256

const CLOSED = { code: 'CKPT_CLOSED', message: 'the viewer is closed' } as const

interface Asked {
  /** Hears all lines, the last of which is an answer or a failure. */
  onLine(line: Line): void
}

class Reader {
  readonly #setup: WorkerSetup
  #worker: Worker | undefined
  readonly #dropped = new Int32Array(new SharedArrayBuffer(4 * 2 * MAX_WAITING))
  readonly #asked = new Map<number, Asked>()
  #count = 0

  constructor(path: string) {
    this.#setup = { path, dropped: this.#dropped }
    this.#worker = this.#start()
  }

  /** Again, if a question was too much for the last thread. */
  #start(): Worker {
    const worker = new Worker(join(__dirname, 'worker.js'), { workerData: this.#setup })
    worker.on('message', ({ number, line }: Reply) => {
      const asked = this.#asked.get(number)
      if (!('progress' in line)) this.#asked.delete(number)
      asked?.onLine(line)
    })
    worker.on('error', (error: unknown) => {
      this.#end(worker, error instanceof Error ? error.message : String(error))
    })
    worker.on('exit', () => {
      this.#end(worker, 'the thread that reads has ended')
    })
    // The server keeps the process, or not.
    worker.unref()
    return worker
  }

  /** @returns drops the question */
  ask(name: QuestionName, ask: unknown, asked: Asked): () => void {
    const number = this.#count++
    if (this.#asked.size >= MAX_WAITING) {
      asked.onLine({ failure: { code: 'ERROR', message: 'too many questions wait already' } })
      return () => undefined
    }
    const slot = number % this.#dropped.length
    Atomics.store(this.#dropped, slot, 0)
    this.#asked.set(number, asked)
    this.#worker ??= this.#start()
    this.#worker.postMessage({ number, name, ask } satisfies Question)
    return () => {
      if (!this.#asked.delete(number)) return
      Atomics.store(this.#dropped, slot, 1)
    }
  }

  /** Of a thread that is another one's successor nobody waits any more. */
  #end(worker: Worker, message: string): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    for (const asked of this.#asked.values()) asked.onLine({ failure: { code: 'ERROR', message } })
    this.#asked.clear()
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    for (const asked of this.#asked.values()) asked.onLine({ failure: CLOSED })
    this.#asked.clear()
    await worker?.terminate()
  }
}

export class Readers {
  readonly #quick: Reader
  readonly #long: Reader

  constructor(path: string) {
    this.#quick = new Reader(path)
    this.#long = new Reader(path)
  }

  /** @returns drops the question, if it has not been answered by then */
  ask(name: QuestionName, ask: unknown, onLine: (line: Line) => void): () => void {
    return (isLong(name) ? this.#long : this.#quick).ask(name, ask, { onLine })
  }

  async close(): Promise<void> {
    await Promise.all([this.#quick.close(), this.#long.close()])
  }
}
