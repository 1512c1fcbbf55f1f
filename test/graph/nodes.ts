/** Objects of a graph for tests: named edges, and a number as the value of each that has one. */
import { int64Value } from '../../lib/bundle/write/values.js'
import { NODE, type TrackableNode } from '../../lib/graph/node.js'

export class Thing {
  readonly edges: Record<string, Thing> = {}
  /** What a restore gave it: the key, once applied. */
  taken: string | undefined
  readonly #value: number | undefined

  constructor(value?: number) {
    this.#value = value
  }

  get node(): TrackableNode {
    return this[NODE]()
  }

  [NODE](): TrackableNode {
    const value = this.#value
    return {
      identity: this,
      children: () => Object.entries(this.edges).map(([name, { node }]) => [name, node] as const),
      child: (name) => this.edges[name]?.node,
      values: () =>
        value === undefined
          ? []
          : [
              {
                attribute: 'v',
                fullName: '',
                describe: () => ({ dtype: 'int64', shape: [] }),
                encode: (key) => int64Value(key, value),
              },
            ],
      restore: (attributes) => {
        const attribute = attributes.find(({ name }) => name === 'v')
        if (attribute === undefined) return undefined
        const apply = (): void => {
          this.taken = attribute.checkpointKey
        }
        return { attributes: ['v'], extents: [], apply }
      },
    }
  }
}

/** A thing with these children. */
export const thing = (edges: Record<string, Thing>, value?: number): Thing => {
  const made = new Thing(value)
  Object.assign(made.edges, edges)
  return made
}
