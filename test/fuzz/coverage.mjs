// Which code has run, by V8's own counters: every block of the files that match.
import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { fileURLToPath } from 'node:url'

/** A mark for each character of a file: 1 if it ran. */
function marksOf(functions, length) {
  const marks = new Uint8Array(length)
  for (const { ranges } of functions) {
    // Outer ranges come before those inside them, whose counts are more exact.
    for (const { startOffset, endOffset, count } of ranges) {
      marks.fill(count > 0 ? 1 : 0, startOffset, endOffset)
    }
  }
  return marks
}

export class Coverage {
  #session = new Session()
  #pattern
  /** By address of the script, what has run at any time. */
  #seen = new Map()

  /** @param pattern of the addresses of files that count */
  constructor(pattern) {
    this.#pattern = pattern
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  #post(method, options) {
    let answer
    // In this process the answer comes before the call returns.
    this.#session.post(method, options, (error, result) => {
      if (error) throw new Error(`${method}: ${error.message}`)
      answer = result
    })
    return answer
  }

  /** What has run since the last call. */
  #take() {
    const { result } = this.#post('Profiler.takePreciseCoverage')
    const scripts = result.filter(({ url }) => this.#pattern.test(url))
    return scripts.flatMap(({ url, functions }) => {
      const hasRun = functions.some(({ ranges: [outer] }) => outer.count > 0)
      if (!hasRun) return []
      const seen = this.#seen.get(url) ?? this.#begin(url)
      return [{ seen, marks: marksOf(functions, seen.length) }]
    })
  }

  #begin(url) {
    const { length } = readFileSync(url.startsWith('file:') ? fileURLToPath(url) : url, 'utf8')
    const seen = new Uint8Array(length)
    this.#seen.set(url, seen)
    return seen
  }

  /** Forgets what has run since the last call. */
  skip() {
    this.#post('Profiler.takePreciseCoverage')
  }

  /** True if something has run since the last call that never had; `remember` makes it seen. */
  isNew(remember) {
    let found = false
    for (const { seen, marks } of this.#take()) {
      for (let i = 0; i < marks.length; i++) {
        if (marks[i] === 0 || seen[i] === 1) continue
        found = true
        if (!remember) return true
        seen[i] = 1
      }
    }
    return found
  }

  /** Characters that have run, and all of the files that have. */
  get counts() {
    let [run, all] = [0, 0]
    for (const seen of this.#seen.values()) {
      all += seen.length
      for (const mark of seen) run += mark
    }
    return { run, all }
  }
}
