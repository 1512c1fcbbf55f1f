/** Runs one contest in a child process and watches its memory from outside. */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { filesIn } from './files.mjs'
import { memoryOf } from './memory.mjs'
import { dropFiles, warmFreeMemory } from './raw.mjs'

/** Milliseconds between two looks at the child's memory. */
const WATCH_INTERVAL = 5

/** @returns what the child measured; `anonymous`: growth of its private memory at the worst */
export function runContest(task) {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'child.mjs'), { execArgv: ['--expose-gc'] })
    const watch = new Watch(child.pid)
    const services = {
      watch: () => watch.start(),
      warm: () => warmFreeMemory(task.warmBytes),
      drop: async () => dropFiles(await filesIn(task.directory)),
    }
    let outcome
    child.on('message', async (message) => {
      if (message.result !== undefined) outcome = { ...message.result, anonymous: watch.stop() }
      if (message.ask === undefined) return
      await services[message.ask]()
      if (child.connected) child.send('done')
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      watch.stop()
      const label = task.name ?? task.kind
      if (outcome !== undefined && code === 0) resolve(outcome)
      else reject(new Error(`'${label}' ended with ${signal ?? `exit code ${code}`}`))
    })
    child.send(task)
  })
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
