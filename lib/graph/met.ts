/**
 * What restores note of objects that they meet: for the arrays of states, which are many, in fields
 * of their own; of other objects beside them.
 *
 * @module
 */

export class Notes {
  /** Of the last restore that met the object. */
  version = 0
  /** Of the last plan that met it. */
  plan = 0
}

const others = new WeakMap<object, Notes>()

/** The version of the last restore that met an object; 0 if none has. */
export const versionOf = (object: object): number =>
  (object instanceof Notes ? object : others.get(object))?.version ?? 0

/** The notes of an object, to be written to. */
export function notesOf(object: object): Notes {
  if (object instanceof Notes) return object
  let notes = others.get(object)
  if (notes === undefined) others.set(object, (notes = new Notes()))
  return notes
}

/** The objects that a plan has met. */
export class MetObjects {
  static #last = 0
  readonly #plan = ++MetObjects.#last
  readonly #others = new Set<object>()

  /**
   * Notes an object.
   *
   * @param isListed tells whether the plan has it already: a user's code may have had another plan
   *   made meanwhile, whose note has replaced this one's
   * @returns false if it was met before
   */
  add(object: object, isListed: (object: object) => boolean): boolean {
    if (!(object instanceof Notes)) {
      if (this.#others.has(object)) return false
      this.#others.add(object)
      return true
    }
    if (object.plan === this.#plan) return false
    if (object.plan > this.#plan && isListed(object)) return false
    object.plan = this.#plan
    return true
  }
}
