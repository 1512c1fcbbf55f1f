/** An optimizer as the object graph sees one: it keeps a value for each variable of a model. */
import { NODE, NO_VALUES, type TrackableNode } from '../../lib/graph/node.js'
import { nodeOf } from '../../lib/graph/trackable.js'
import { Variable } from '../../lib/index.js'

export class Optimizer {
  /** By slot name, then by variable. */
  readonly slots = new Map<string, Map<object, Variable<number>>>()
  readonly rate = new Variable(0.5)

  constructor(...names: string[]) {
    for (const name of names) this.slots.set(name, new Map())
  }

  /** The value of a slot, made when it is asked for. */
  slot(name: string, variable: object): Variable<number> {
    const values = this.slots.get(name) ?? new Map<object, Variable<number>>()
    this.slots.set(name, values)
    const value = values.get(variable) ?? new Variable(0)
    values.set(variable, value)
    return value
  }

  [NODE](): TrackableNode {
    return {
      ...NO_VALUES,
      identity: this,
      children: () => [['rate', nodeOf(this.rate, 'rate')]],
      child: (name) => (name === 'rate' ? nodeOf(this.rate, 'rate') : undefined),
      slots: {
        names: () => this.slots.keys(),
        get: (variable, name) => {
          const value = this.slots.get(name)?.get(variable)
          return value && nodeOf(value, name)
        },
        forRestore: (variable, name) => nodeOf(this.slot(name, variable), name),
      },
    }
  }
}
