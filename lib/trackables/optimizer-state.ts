/**
 * OptimizerState: what an optimizer keeps for each variable of a model. TensorFlow's slot variables
 * (python/training/optimizer.py and python/checkpoint/restore.py).
 *
 * @module
 */
import { inspect } from 'node:util'
import { checkInput, type ArrayInput } from '../array/input.js'
import { NODE, type SlotSource, type TrackableNode } from '../graph/node.js'
import { ArrayNode, type ArrayKind } from './array-node.js'
import { heldArray, isArrayState } from './array-state.js'
import { HeldArray } from './held-array.js'
import { Trackable, trackableNode } from './trackable.js'
import { Variable } from './variable.js'
import { VARIABLES } from './variable-state.js'

/** A variable that an optimizer trains: a `Variable`, or the name of an array in a state. */
export type SlotKey = Variable | readonly [state: object, name: string]

const SLOTS: ArrayKind = { ...VARIABLES, className: 'OptimizerState', member: 'slot' }

/** Slots by name, then by what stands for the variable in a graph. */
class Slots implements SlotSource {
  readonly #held = new Map<string, WeakMap<object, HeldArray>>()

  /** In the order in which they came. */
  names(): IterableIterator<string> {
    return this.#held.keys()
  }

  held(variable: object, name: string): HeldArray | undefined {
    return this.#held.get(name)?.get(variable)
  }

  add(variable: object, name: string, held: HeldArray): void {
    const slots = this.#held.get(name)
    if (slots === undefined) this.#held.set(name, new WeakMap([[variable, held]]))
    else slots.set(variable, held)
  }

  get(variable: object, name: string): TrackableNode | undefined {
    const held = this.held(variable, name)
    return held && new ArrayNode(held, SLOTS, name)
  }

  forRestore(variable: object, name: string): TrackableNode {
    const held = this.held(variable, name)
    if (held !== undefined) return new ArrayNode(held, SLOTS, name)
    const created = new HeldArray()
    return new ArrayNode(created, SLOTS, name, () => {
      this.add(variable, name, created)
    })
  }
}

/**
 * The state of an optimizer: slots, which are arrays for each variable that it trains (momentum, mean
 * of squares …), and what it has besides, as properties that are tracked like those of any
 * `Trackable`.
 *
 * ```js
 * const adam = new OptimizerState()
 * adam.beta1_power = new Variable(0.9, 'float32')
 * adam.setSlot([model, 'kernel'], 'm', zeros([3, 4], 'float32'))
 * const checkpoint = new Checkpoint({ adam, model })
 * ```
 *
 * Slots are saved as TensorFlow saves them: with the variable and the optimizer that they belong to.
 * A restore replaces a slot by the saved one, and creates what is missing; where there is a slot
 * already, it must have the dtype and shape of the saved one: CKPT_MISMATCH. Slots of variables that
 * the program does not have yet are restored when the variables are attached; until then the restore's
 * status lists them in `missingInProgram`, and a save does not have them.
 */
export class OptimizerState extends Trackable {
  readonly #slots = new Slots()

  /**
   * The slot of a variable: the very array that was set or restored; undefined if there is none.
   *
   * @param variable a Variable, or a state and the name of one of its arrays
   * @param name of the slot, such as `m`
   */
  getSlot(variable: SlotKey, name: string): ArrayInput | undefined {
    const identity = identityOf(variable)
    return identity && this.#slots.held(identity, checkName(name))?.value
  }

  /**
   * Sets the slot of a variable.
   *
   * @throws TypeError if it is no array, or if the state has no array of that name
   */
  setSlot(variable: SlotKey, name: string, array: ArrayInput): void {
    const identity = identityOf(variable)
    if (identity === undefined) {
      const shown = inspect(variable, { depth: 1, breakLength: Infinity })
      throw new TypeError(`there is no array of that name in the state: ${shown}`)
    }
    checkSlot(checkName(name), array)
    const held = this.#slots.held(identity, name)
    if (held === undefined) this.#slots.add(identity, name, new HeldArray(array))
    else held.value = array
  }

  /** Names of the slots, in the order in which they were first set or restored. */
  getSlotNames(): string[] {
    return [...this.#slots.names()]
  }

  static {
    Object.defineProperty(this.prototype, NODE, {
      value(this: OptimizerState): TrackableNode {
        return { ...trackableNode(this), slots: this.#slots }
      },
      writable: true,
    })
  }
}

/** What stands for a variable in a graph; undefined if a state has no array of that name. */
function identityOf(variable: unknown): object | undefined {
  if (variable instanceof Variable) return variable
  const [state, name] = Array.isArray(variable) ? (variable as unknown[]) : []
  const isState = typeof state === 'object' && state !== null && isArrayState(state)
  if (isState && typeof name === 'string') return heldArray(state, name)
  const shown = inspect(variable, { depth: 0, breakLength: Infinity })
  throw new TypeError(
    `expected a Variable, or [state, name] for an array of a VariableState, got ${shown}`,
  )
}

function checkName(name: unknown): string {
  if (typeof name === 'string') return name
  throw new TypeError(`the name of a slot must be a string, got ${inspect(name, { depth: 0 })}`)
}

function checkSlot(name: string, array: unknown): void {
  try {
    checkInput(array)
  } catch (cause) {
    // An array that is one, but whose bytes are corrupt, is not the caller's mistake.
    if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause
    const message = `OptimizerState slot '${name}' must be an array: ${cause.message}`
    throw new TypeError(message, { cause })
  }
}
