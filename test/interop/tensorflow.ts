// Real TensorFlow in a Python process of its own: tf_worker.py, one for each test file.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type t from 'tap'

type Test = Pick<typeof t, 'plan' | 'teardown'>

const SETTING = 'CKPT_PYTHON'
const REQUIRED = process.env['CKPT_REQUIRE_TENSORFLOW'] === '1'

/** Looks without importing: that would take seconds. */
const LOOK = `import importlib.util as u, sys
sys.exit(any(u.find_spec(name) is None for name in ('tensorflow', 'numpy')))`

/**
 * The Python that has TensorFlow: what CKPT_PYTHON names, else python3.
 *
 * @returns its command, or why there is none
 * @throws Error if there is none though CKPT_PYTHON or CKPT_REQUIRE_TENSORFLOW=1 asks for it
 */
export function findTensorFlow(): { python: string } | { skip: string } {
  const named = process.env[SETTING]
  const python = named ?? 'python3'
  if (spawnSync(python, ['-c', LOOK]).status === 0) return { python }
  if (named !== undefined) throw new Error(`${SETTING}=${named} has no tensorflow and numpy`)
  const skip = `TensorFlow 2.21 is not installed; set ${SETTING} to a Python that has it`
  if (REQUIRED) throw new Error(skip)
  return { skip }
}

type Answer = { readonly result: unknown } | { readonly error: string; readonly message: string }

/** What a Python exception becomes: `name` is its class. */
export class PythonError extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

export class TensorFlow {
  readonly #process: ChildProcess
  readonly #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = []
  #log = ''

  constructor(python: string) {
    const worker = spawn(python, [join(__dirname, 'tf_worker.py')])
    this.#process = worker
    worker.stderr.on('data', (text: Buffer) => {
      this.#log = `${this.#log}${text.toString()}`.slice(-4000)
    })
    createInterface(worker.stdout).on('line', (line) => {
      this.#waiting.shift()?.resolve(JSON.parse(line) as Answer)
    })
    const fail = (reason: string): void => {
      const error = new Error(`TensorFlow's process ${reason}\n${this.#log}`)
      for (const { reject } of this.#waiting.splice(0)) reject(error)
    }
    worker.on('close', (code, signal) => {
      fail(`ended: ${String(code ?? signal)}`)
    })
    worker.on('error', ({ message }) => {
      fail(message)
    })
    worker.stdin.on('error', () => undefined)
  }

  /** Runs one of tf_worker.py's commands. */
  async call(command: string, args: object = {}): Promise<unknown> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#process.stdin?.write(`${JSON.stringify({ command, ...args })}\n`)
    })
    if ('error' in answer) throw new PythonError(answer.error, answer.message)
    return answer.result
  }

  close(): void {
    this.#process.stdin?.end()
  }
}

/** Runs the tests of a file with TensorFlow; without it, the file is skipped and says why. */
export function withTensorFlow(t: Test, tests: (tensorflow: TensorFlow) => void): void {
  const found = findTensorFlow()
  if ('skip' in found) {
    t.plan(0, found.skip)
    return
  }
  const tensorflow = new TensorFlow(found.python)
  t.teardown(() => {
    tensorflow.close()
  })
  tests(tensorflow)
}
