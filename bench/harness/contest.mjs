/** Runs one contest in a child process and watches its memory from outside. */
import { fork } from 'node:child_process'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { filesIn } from './files.mjs'
import { memoryOf } from './memory.mjs'
import { startPython } from './python.mjs'
import { dropFiles, fillCache, startLoad, warmFreeMemory } from './raw.mjs'

/** Milliseconds between two looks at the child's memory. */
const WATCH_INTERVAL = 5

/** Never so much that others have to give way. */
const SHARE_TO_WARM = 0.6

/** Node's own limit of the heap, 4 GiB at most, is too little for a million arrays with all that describes them. */
const LARGE_HEAP = '--max-old-space-size=12288'

function start({ python, manyArrays }) {
  if (python !== undefined) return startPython()
  const execArgv = ['--expose-gc', ...(manyArrays ? [LARGE_HEAP] : [])]
  return fork(join(import.meta.dirname, 'child.mjs'), { execArgv })
}

/**
 * @returns what the child measured; `anonymous`: growth of its private memory at the worst. Or only
 *   `unsupported`, the reason why it cannot
 */
export function runContest(task) {
  return new Promise((resolve, reject) => {
    const child = start(task)
    const watch = new Watch(child.pid)
    const services = servicesFor(task, watch)
    let outcome
    const answer = async (message) => {
      if (message.result !== undefined) outcome = { ...message.result, anonymous: watch.stop() }
      if (message.ask === undefined) return
      await services[message.ask]()
      if (child.exitCode === null) child.send('done')
    }
    const failed = (error) => {
      child.kill()
      reject(error)
    }
    child.on('message', (message) => void answer(message).catch(failed))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      watch.stop()
      void services.unload()
      const label = task.name ?? task.kind
      if (outcome !== undefined && code === 0) return resolve(outcome)
      const said = child.complaints?.() ?? ''
      reject(new Error(`'${label}' ended with ${signal ?? `exit code ${code}`}\n${said}`.trim()))
    })
    child.send(task)
  })
}

/** What a child asks for because it must not happen inside of it. */
function servicesFor(task, watch) {
  let stopLoad
  return {
    watch: () => watch.start(),
    warm: async () =>
      task.warmBytes > 0 && warmFreeMemory(Math.min(task.warmBytes, SHARE_TO_WARM * freemem())),
    drop: async () => dropFiles(await filesIn(task.directory)),
    fill: async () => fillCache(await filesIn(task.directory)),
    load: async () => {
      stopLoad = await startLoad(task.directory)
    },
    unload: async () => {
      await stopLoad?.()
      stopLoad = undefined
    },
  }
}

/** Anonymous memory has no peak of its own in /proc, so it is looked at again and again. */
class Watch {
  constructor(pid) {
    this.pid = pid
    this.most = 0
  }

  start() {
    this.base = this.#look()
    this.timer = setInterval(() => {
      this.most = Math.max(this.most, this.#look() - this.base)
    }, WATCH_INTERVAL)
  }

  #look() {
    try {
      return memoryOf(this.pid).anonymous
    } catch {
      return this.base
    }
  }

  stop() {
    clearInterval(this.timer)
    return this.most
  }
}
