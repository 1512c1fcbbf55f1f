/** Runs a contest in a Python process, which speaks JSON lines: tasks and answers in, the rest out. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const script = join(import.meta.dirname, '../python/contest.py')

/** What is shown of the messages of a process that failed. */
const LAST_CHARACTERS = 1500

export const pythonPath = () => process.env.CKPT_PYTHON || 'python3'

/** As `fork` gives it: `pid`, `send` and the events message, error and close. */
export function startPython() {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', CUDA_VISIBLE_DEVICES: '' }
  const child = spawn(pythonPath(), ['-u', script], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaints = (complaints + text).slice(-LAST_CHARACTERS)
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    // A library may print as well.
    if (line.startsWith('{')) child.emit('message', JSON.parse(line))
  })
  // It may have ended: then the event close tells.
  child.stdin.on('error', () => {})
  child.send = (message) => child.stdin.write(`${JSON.stringify(message)}\n`)
  child.complaints = () => complaints
  return child
}
