/**
 * The order of saves and restores: those of one Checkpoint one after the other, and those into one
 * directory too, since they share its state file.
 *
 * @module
 */
import { CheckpointError } from '../errors.js'
import { wait, type Steps } from '../twin.js'

/** Ends of what runs in each directory, by absolute path. */
const directories = new Map<string, Promise<void>>()

/** One save writes and one waits with its snapshot; more would pile up copies of the state. */
const MAX_UNFINISHED = 2

export class SaveQueue {
  #saves = 0
  #unfinished = 0
  #last: Promise<void> = Promise.resolve()

  /** @throws CheckpointError CKPT_BUSY if a save more would exceed the bound of memory */
  checkRoom(path: string): void {
    if (this.#saves < MAX_UNFINISHED) return
    const message = `${String(MAX_UNFINISHED)} saves of this Checkpoint are unfinished, so '${path}' was not begun; await one of them first`
    throw new CheckpointError('CKPT_BUSY', message, { path })
  }

  /** @throws CheckpointError CKPT_BUSY if a blocking call would have to wait for an unfinished one */
  checkIdle(path: string): void {
    if (this.#unfinished === 0) return
    const message = `a blocking call for '${path}' cannot wait for the save or restore in progress; await it first`
    throw new CheckpointError('CKPT_BUSY', message, { path })
  }

  /** True if nothing is unfinished. */
  get isFree(): boolean {
    return this.#unfinished === 0
  }

  /** True if it would be the turn of what is entered now. */
  isIdle(directory: string): boolean {
    return this.#unfinished === 0 && !directories.has(directory)
  }

  /**
   * Runs `body` after all that was entered before it, of this queue and of the directory. The place
   * in the order is taken when the first step runs, not when it is this one's turn.
   *
   * @param directory of a save; undefined for a restore, which counts as no save
   * @param aborted rejects when the caller gives up waiting
   * @param body returns its result and what remains to be done in this place after the result is out
   */
  *run<T>(
    directory: string | undefined,
    sync: boolean,
    aborted: Promise<never> | undefined,
    body: () => Steps<{ result: T; after?: () => Promise<void> }>,
  ): Steps<T> {
    if (sync) return (yield* body()).result
    const inDirectory = directory === undefined ? undefined : directories.get(directory)
    const earlier = Promise.all([this.#last, inDirectory])
    let finish: () => void = () => undefined
    const end = new Promise<void>((resolve) => (finish = resolve))
    this.#last = end
    if (directory !== undefined) directories.set(directory, end)
    const isSave = directory !== undefined
    if (isSave) this.#saves++
    this.#unfinished++
    let after: Promise<void> | undefined
    try {
      yield* wait(aborted === undefined ? earlier : Promise.race([earlier, aborted]))
      const outcome = yield* body()
      after = outcome.after?.()
      return outcome.result
    } finally {
      if (isSave) this.#saves--
      this.#unfinished--
      const release = (): void => {
        if (directory !== undefined && directories.get(directory) === end) {
          directories.delete(directory)
        }
        finish()
      }
      // Who comes next waits for this place only, so it is kept until all before it have ended.
      void Promise.all([earlier, after]).finally(release)
    }
  }
}
