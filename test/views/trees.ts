/** Trees of objects for tests of views. */
import type { Test } from 'tap'
import { NODE, NO_VALUES, type TrackableNode } from '../../lib/graph/node.js'
import { Variable } from '../../lib/index.js'
import { nodeOf } from '../../lib/graph/trackable.js'

/** Keeps a momentum for each variable that it is told of, as an optimizer of TensorFlow does. */
export class Momentum {
  readonly rate: Variable<number> = new Variable(0.5, 'float32')
  readonly momenta = new Map<object, Variable<number>>();

  [NODE](): TrackableNode {
    const { rate, momenta } = this
    const node = (variable: Variable): TrackableNode => nodeOf(variable, 'slot')
    return {
      ...NO_VALUES,
      identity: this,
      children: () => [['rate', node(rate)]],
      child: (name) => (name === 'rate' ? node(rate) : undefined),
      slots: {
        names: () => ['momentum'],
        get: (variable) => {
          const momentum = momenta.get(variable)
          return momentum && node(momentum)
        },
        forRestore: (variable) => node(this.follow(variable)),
      },
    }
  }

  follow(variable: object): Variable<number> {
    const momentum = this.momenta.get(variable) ?? new Variable(0, 'float32')
    this.momenta.set(variable, momentum)
    return momentum
  }
}

/** Fails unless these are the very objects, in this order. */
export function same(t: Test, found: readonly object[], wanted: readonly object[]): void {
  t.equal(found.length, wanted.length)
  for (const [i, object] of wanted.entries()) t.ok(found[i] === object, `object ${String(i)}`)
}
