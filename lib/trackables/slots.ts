/**
 * The arrays of a state by name.
 *
 * @module
 */
import type { HeldArray } from './held-array.js'

/** Names and arrays side by side: the same object until an array comes or goes. */
export interface SlotList {
  readonly names: readonly string[]
  readonly arrays: readonly HeldArray[]
}

/**
 * In the order of an object's properties: names that are array indices first, by their number, then
 * the others as they came. A Map, since an object of a hundred thousand properties is slow to list.
 */
export class Slots {
  readonly #arrays = new Map<string, HeldArray>()
  #list: SlotList | undefined

  get(name: string): HeldArray | undefined {
    return this.#arrays.get(name)
  }

  set(name: string, array: HeldArray): void {
    this.#arrays.set(name, array)
    this.#list = undefined
  }

  delete(name: string): void {
    if (this.#arrays.delete(name)) this.#list = undefined
  }

  get list(): SlotList {
    return (this.#list ??= this.#makeList())
  }

  #makeList(): SlotList {
    const all = [...this.#arrays.keys()]
    const indices = all.filter(isIndex)
    if (indices.length === 0) return { names: all, arrays: [...this.#arrays.values()] }
    indices.sort((a, b) => Number(a) - Number(b))
    const names = [...indices, ...all.filter((name) => !isIndex(name))]
    return { names, arrays: names.flatMap((name) => this.#arrays.get(name) ?? []) }
  }
}

/** True for what is an array index where it names a property. */
function isIndex(name: string): boolean {
  const first = name.charCodeAt(0)
  // Most names begin with a letter.
  if (!(first >= 0x30 && first <= 0x39)) return false
  const index = Number(name)
  return String(index) === name && Number.isInteger(index) && index < 2 ** 32 - 1
}
