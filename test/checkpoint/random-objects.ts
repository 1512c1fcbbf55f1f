/** Random trees of every kind of object that can be saved, for fast-check. */
import fc from 'fast-check'
import {
  Checkpoint,
  JsonState,
  List,
  Mapping,
  NumpyState,
  ndarray,
  OptimizerState,
  Trackable,
  trackable,
  Variable,
  VariableState,
  type ArrayInput,
} from '../../lib/index.js'

/** Objects that see a child being set; the others must have theirs from the start. */
const NOTICING = ['checkpoint', 'trackable', 'stateful', 'mapping', 'optimizer', 'trainer'] as const
/** Children are named by their place. */
const ORDERED = ['array', 'list'] as const
const CONTAINERS = [...NOTICING, ...ORDERED, 'object', 'protocol'] as const
const LEAVES = [
  'number',
  'bigint',
  'boolean',
  'matrix',
  'typed',
  'json',
  'numpy',
  'variables',
  'state',
] as const

export type Kind = (typeof CONTAINERS)[number] | (typeof LEAVES)[number]

export interface Edge {
  readonly parent: number
  readonly name: string
  readonly child: number
  /** Set after the restore, if its parent notices that. */
  readonly late: boolean
}

export interface Description {
  /** The first is the root, a Checkpoint. */
  readonly kinds: readonly Kind[]
  readonly edges: readonly Edge[]
  /** The order in which late edges are set. */
  readonly order: readonly number[]
}

const NAMES = ['w', 'a/b', 'a.b', '.S', 'é', '', '0', '__proto__', 'x y', '😀', 'constructor_']

const isOneOf = <T extends string>(kind: string, kinds: readonly T[]): kind is T =>
  (kinds as readonly string[]).includes(kind)

interface Draft {
  readonly kind: Kind
  readonly parent: number
  readonly name: number
  readonly late: boolean
}

/** Edges of a tree, then further ones that make it a graph; what has no place is left out. */
function describe(
  drafts: Draft[],
  extra: [number, number, number, boolean][],
): Omit<Description, 'order'> {
  const kinds: Kind[] = ['checkpoint']
  const edges: Edge[] = []
  const taken = new Set<string>()
  const add = (parent: number, child: number, wanted: number, late: boolean): boolean => {
    const kind = kinds[parent]
    if (kind === undefined || !isOneOf(kind, CONTAINERS)) return false
    const index = String(edges.filter((edge) => edge.parent === parent).length)
    const name = isOneOf(kind, ORDERED) ? index : (NAMES[wanted % NAMES.length] ?? '')
    if (taken.has(`${String(parent)} ${name}`)) return false
    taken.add(`${String(parent)} ${name}`)
    edges.push({ parent, name, child, late: late && isOneOf(kind, NOTICING) })
    return true
  }
  for (const { kind, parent, name, late } of drafts) {
    if (add(parent % kinds.length, kinds.length, name, late)) kinds.push(kind)
  }
  for (const [from, to, name, late] of extra) {
    add(from % kinds.length, to % kinds.length, name, late)
  }
  return { kinds, edges }
}

const draft: fc.Arbitrary<Draft> = fc.record({
  kind: fc.constantFrom(...CONTAINERS, ...LEAVES),
  parent: fc.nat(11),
  name: fc.nat(),
  late: fc.boolean(),
})

const extras = fc.array(fc.tuple(fc.nat(11), fc.nat(11), fc.nat(), fc.boolean()), { maxLength: 4 })

export const descriptions: fc.Arbitrary<Description> = fc
  .tuple(fc.array(draft, { minLength: 1, maxLength: 12 }), extras)
  .map(([drafts, extra]) => describe(drafts, extra))
  .chain((graph) => {
    const late = graph.edges.flatMap((edge, i) => (edge.late ? [i] : []))
    return fc
      .shuffledSubarray(late, { minLength: late.length })
      .map((order) => ({ ...graph, order }))
  })

class State {
  text = ''
  serialize(): string {
    return this.text
  }
  deserialize(bytes: Uint8Array): void {
    this.text = Buffer.from(bytes).toString()
  }
}

class Stateful extends Trackable {
  // Private, so that it is not among the children.
  #text = ''
  get text(): string {
    return this.#text
  }
  serialize(): string {
    return this.#text
  }
  deserialize(bytes: Uint8Array): void {
    this.#text = Buffer.from(bytes).toString()
  }
}

/** An optimizer with a state of its own. */
class Trainer extends OptimizerState {
  #text = ''
  get text(): string {
    return this.#text
  }
  serialize(): string {
    return this.#text
  }
  deserialize(bytes: Uint8Array): void {
    this.#text = Buffer.from(bytes).toString()
  }
}

class Protocol {
  readonly children = new Map<string, unknown>();
  [trackable](): Map<string, unknown> {
    return this.children
  }
}

const MAKE: Readonly<Record<Kind, () => object>> = {
  checkpoint: () => new Checkpoint(),
  trackable: () => new Trackable(),
  stateful: () => new Stateful(),
  object: () => ({}),
  array: () => [],
  list: () => new List(),
  mapping: () => new Mapping(),
  optimizer: () => new OptimizerState(),
  trainer: () => new Trainer(),
  protocol: () => new Protocol(),
  number: () => new Variable(0),
  bigint: () => new Variable(0n),
  boolean: () => new Variable(false),
  matrix: () => new Variable(ndarray(new Float32Array(6), [2, 3])),
  json: () => new JsonState(null),
  typed: () => new Variable(new Int16Array(2)),
  numpy: () => new NumpyState(),
  variables: () => new VariableState(),
  state: () => new State(),
}

export class Objects {
  readonly all: readonly object[]
  readonly #description: Description

  /** With all edges that are not late. */
  constructor(description: Description) {
    this.#description = description
    this.all = description.kinds.map((kind) => MAKE[kind]())
    for (const edge of description.edges) if (!edge.late) this.#set(edge)
  }

  get root(): Checkpoint {
    return this.all[0] as Checkpoint
  }

  /** Sets the late edges. */
  complete(): void {
    for (const i of this.#description.order) {
      const edge = this.#description.edges[i]
      if (edge !== undefined) this.#set(edge)
    }
  }

  #set({ parent, name, child }: Edge): void {
    const [object, value] = [this.all[parent], this.all[child]]
    if (object instanceof Protocol) object.children.set(name, value)
    else if (object instanceof Mapping) object.set(name, value ?? {})
    else if (object instanceof List) object.append(value ?? {})
    else if (name !== '__proto__') Object.assign(object ?? {}, { [name]: value })
    else {
      const hidden = { value, enumerable: true, writable: true, configurable: true }
      Object.defineProperty(object, name, hidden)
    }
  }

  /** Gives each object values that no other has. */
  fill(): void {
    for (const [i, object] of this.all.entries()) {
      if (object instanceof Variable) fillVariable(object as Variable, i)
      else if (object instanceof State) object.text = `state ${String(i)}`
      else if (object instanceof JsonState) object.value = { i, list: [i] }
      else if (object instanceof Stateful || object instanceof Trainer) {
        object.deserialize(Buffer.from(`stateful ${String(i)}`))
      }
      if (object instanceof OptimizerState) this.#fillSlots(object, i)
      if (object instanceof NumpyState) Object.assign(object, arraysOf(i))
      else if (object instanceof VariableState) Object.assign(object, arraysOf(i))
    }
  }

  get #variables(): Variable[] {
    return this.all.filter((object) => object instanceof Variable) as Variable[]
  }

  #fillSlots(optimizer: OptimizerState, i: number): void {
    for (const [j, variable] of this.#variables.entries()) {
      const names = j % 3 === 0 ? [] : j % 3 === 1 ? ['m'] : ['v/.', 'm']
      for (const name of names) optimizer.setSlot(variable, name, Float64Array.of(i, j))
    }
  }

  #slotsOf(optimizer: OptimizerState): string {
    const slots = this.#variables.map((variable) =>
      ['m', 'v/.'].map((name) => {
        const slot = optimizer.getSlot(variable, name)
        return slot === undefined ? '' : String('data' in slot ? slot.data : slot)
      }),
    )
    return JSON.stringify(slots)
  }

  /** What each object holds, as text. */
  values(): string[] {
    return this.all.map((object) => {
      if (object instanceof Trainer) return `${object.text} ${this.#slotsOf(object)}`
      if (object instanceof OptimizerState) return this.#slotsOf(object)
      if (object instanceof JsonState) return JSON.stringify(object.value)
      if (object instanceof Variable) return shown((object as Variable).value)
      if (object instanceof State || object instanceof Stateful) return object.text
      const isState = object instanceof NumpyState || object instanceof VariableState
      if (!isState) return ''
      // The order of a state's arrays is that of their restore.
      const arrays = Object.entries(object as Record<string, ArrayInput>).sort()
      return arrays.map(([name, array]) => `${name}: ${shown(array)}`).join('; ')
    })
  }
}

function fillVariable(variable: Variable, i: number): void {
  const { value } = variable
  if (typeof value === 'number') variable.value = i + 0.5
  else if (typeof value === 'bigint') variable.value = BigInt(i + 1) * 2n ** 55n
  else if (typeof value === 'boolean') variable.value = true
  else (('data' in value ? value.data : value) as Float32Array).fill(i + 1)
}

const arraysOf = (i: number): Record<string, ArrayInput> => ({
  a: ndarray(Float64Array.of(i, i + 1, i + 2, i + 3), [2, 2]),
  'b/.': ndarray(BigInt64Array.of(BigInt(i))),
})

function shown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `${typeof value} ${String(value)}`
  const data: unknown = 'data' in value ? value.data : value
  return `${value.constructor.name} ${String(data)}`
}
