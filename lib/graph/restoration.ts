/**
 * One restore: matches the objects of a program with those of a checkpoint, from the root along
 * equal names, and goes on doing so when objects come later. Source: python/checkpoint/restore.py.
 *
 * @module
 */
import type { ObjectGraph, ObjectReference } from '../bundle/messages.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import { corrupt } from '../errors.js'
import { defer, isAnyAwaited, settle } from './deferred.js'
import { holdersOfValues } from './holders.js'
import { MetObjects, notesOf, versionOf } from './met.js'
import type { TrackableNode } from './node.js'
import { Outcome } from './outcome.js'
import { extentsOf, type Binding, type Plan, type Taking, type WaitingSlot } from './plan.js'
import { takeBack } from './take-back.js'
import { takeGroups } from './together.js'

/** Versions of restores: an older one does not overwrite the values of a newer one. */
let newest = 0

/**
 * A version for a restore, to be taken when it is called for: of two at once either may have opened
 * its files first.
 */
export const newVersion = (): number => ++newest

/**
 * Attributes and edges that may be looked at. Many edges may lead to one object that has many
 * itself; honest graphs lead to most objects once.
 */
function roomOf({ nodes }: ObjectGraph): number {
  let room = 2 ** 20
  for (const { attributes, children } of nodes) room += 16 * (attributes.length + children.length)
  return room
}

export class Restoration {
  readonly graph: ObjectGraph
  readonly #outcome: Outcome
  readonly #version: number
  readonly #reader: CheckpointReader
  /** Those whose optimizer or variable was not found yet. */
  #slots: readonly WaitingSlot[]
  /** Objects of groups whose rest has not come yet. */
  #parts: readonly Binding[] = []
  #holders: Uint8Array | undefined
  #room: number

  /** @param reader is read from for as long as objects may come; its mappings are enough */
  constructor(graph: ObjectGraph, reader: CheckpointReader, version: number = newVersion()) {
    this.graph = graph
    this.#version = version
    this.#outcome = new Outcome(graph)
    this.#reader = reader
    this.#room = roomOf(graph)
    this.#slots = graph.nodes.flatMap(({ slotVariables }, optimizer) =>
      slotVariables.map((slot) => ({ optimizer, slot })),
    )
  }

  /** Number of values that objects took. */
  get count(): number {
    return this.#outcome.count
  }

  /** Keys of the values that were taken. */
  get restored(): ReadonlySet<string> {
    return this.#outcome.restored
  }

  /** By id, the first of the program's objects that was found to be the saved one. */
  get bound(): readonly (TrackableNode | undefined)[] {
    return this.#outcome.bound
  }

  /** True if this restore gave the object that value. */
  gave(identity: object, attribute: string): boolean {
    return this.#outcome.gave(identity, attribute)
  }

  /**
   * Decides what an object and all below it take; changes nothing.
   *
   * Keys are never derived here: the graph names them. An object that two saved ones lead to takes
   * the values of the first; two objects that lead to one saved object both take its values, where
   * TensorFlow leaves the second as it was.
   *
   * @param isLate true for an object that is attached later: the rest of its group may come, too
   * @throws CheckpointError CKPT_CORRUPT, CKPT_MISMATCH, CKPT_UNSUPPORTED
   */
  plan(id: number, node: TrackableNode, isLate = false): Plan {
    return this.#plan({ id, node }, isLate)
  }

  /**
   * @param earlier a plan of the same start: what it found is not read again
   * @param undo tries what may be refused, as it comes, and gets what takes it back
   */
  #plan(start: Binding, isLate: boolean, earlier?: Plan, undo?: (() => void)[]): Plan {
    const [slots, parts] = [this.#slots, this.#parts]
    const plan: Plan = { isLate, bindings: [], takings: [], edges: [], slots, parts }
    const known =
      earlier && new Map(earlier.takings.map((taking) => [taking.node.identity, taking]))
    const met = new MetObjects()
    const found = new Map<number, TrackableNode>()
    const isListed = (identity: object): boolean =>
      plan.bindings.some(({ node }) => node.identity === identity)
    const meet = (binding: Binding): void => {
      const { identity } = binding.node
      if (this.#outcome.hasMet(identity) || !met.add(identity, isListed)) return
      plan.bindings.push(binding)
      if (slots.length > 0 && !found.has(binding.id)) found.set(binding.id, binding.node)
    }
    const take = (taking: Taking | undefined): void => {
      if (taking === undefined) return
      plan.takings.push(taking)
      if (taking.assignment.attempt !== undefined) undo?.push(taking.assignment.attempt())
    }
    meet(start)
    let visited = 0
    // Slot variables come when all else is known; what hangs on them is visited as well.
    while (visited < plan.bindings.length) {
      // The list grows while it is walked.
      for (let i = visited; i < plan.bindings.length; i++) {
        const binding = plan.bindings[i] as Binding
        visited++
        // Before its children are looked for: TensorFlow, too, restores an object first.
        if (binding.node.together === undefined) take(this.#taking(binding, known))
        this.#follow(binding, plan, meet)
      }
      if (visited === plan.bindings.length) this.#meetSlots(plan, found, meet)
    }
    const takeOne = (binding: Binding): Taking | undefined => this.#taking(binding, known)
    const ofGroups = takeGroups(plan, takeOne, this.graph)
    for (const taking of ofGroups) take(taking)
    return plan
  }

  #follow({ id, node }: Binding, { edges }: Plan, meet: (binding: Binding) => void): void {
    const saved = this.graph.nodes[id]
    if (saved === undefined) return
    this.#room -= saved.attributes.length + saved.children.length
    if (this.#room < 0) throw tooOften(this.#reader.path)
    if (saved.children.length === 0) return
    const children: (TrackableNode | undefined)[] = []
    edges.push({ parent: node, saved: saved.children, children })
    for (const { nodeId, localName } of saved.children) {
      const child = node.child(localName)
      children.push(child)
      if (child !== undefined) meet({ id: nodeId, node: child })
    }
  }

  /** @param known what was found before, by the objects */
  #taking(binding: Binding, known: ReadonlyMap<object, Taking> | undefined): Taking | undefined {
    const { id, node } = binding
    const attributes = this.graph.nodes[id]?.attributes ?? []
    // Memory that an earlier object took may have been written to: it is no longer what was saved.
    const isGone = this.#outcome.bound[id] !== undefined
    if (attributes.length === 0 || isGone || this.#isOlder(node)) return undefined
    const before = known?.get(node.identity)
    binding.assignment =
      before?.id === id ? before.assignment : node.restore(attributes, this.#reader)
    return binding.assignment === undefined ? undefined : (binding as Taking)
  }

  /** True if an object has met a newer restore, whose values are not overwritten. */
  #isOlder({ identity }: TrackableNode): boolean {
    return this.#version <= versionOf(identity)
  }

  #meetSlots(
    plan: Plan,
    found: ReadonlyMap<number, TrackableNode>,
    meet: (binding: Binding) => void,
  ): void {
    const nodeOf = (id: number): TrackableNode | undefined =>
      found.get(id) ?? this.#outcome.bound[id]
    plan.slots = plan.slots.filter(({ optimizer, slot }) => {
      const variable = nodeOf(slot.originalVariableNodeId)
      const source = nodeOf(optimizer)?.slots
      if (variable === undefined || source === undefined) return true
      const node = source.forRestore(variable.identity, slot.slotName)
      meet({ id: slot.slotVariableNodeId, node })
      return false
    })
  }

  #hasValues(id: number): boolean {
    this.#holders ??= holdersOfValues(this.graph)
    return this.#holders[id] === 1
  }

  /**
   * The plan, or another one if objects have come, gone or been restored since it was made.
   *
   * @throws CheckpointError as `plan`
   */
  current(plan: Plan): Plan {
    const [start] = plan.bindings
    if (start === undefined || !this.#isOutdated(plan)) return plan
    const again = this.#plan(renewed(start), plan.isLate, plan)
    this.#reader.prepareNow(extentsOf(again))
    return again
  }

  #isOutdated({ takings, edges }: Plan): boolean {
    if (takings.some(({ node }) => this.#isOlder(node))) return true
    return edges.some(({ parent, saved, children }) => {
      const now = asItIs(parent)
      return saved.some(({ localName }, i) => {
        return now.child(localName)?.identity !== children[i]?.identity
      })
    })
  }

  /**
   * Carries a plan out, all of it or nothing.
   *
   * @throws what a user's `deserialize` throws, and CheckpointError as `plan` for objects that it made
   */
  commit(plan: Plan): void {
    const { bindings, takings, edges, slots, parts } = this.#tried(plan)
    for (const { assignment } of takings) assignment.apply()
    for (const { node } of bindings) this.#note(node)
    this.#outcome.add(bindings, takings)
    this.#slots = slots
    this.#parts = parts
    for (const { parent, saved, children } of edges) {
      const { identity } = parent
      const isAwaiting = isAnyAwaited(identity)
      for (let i = 0; i < saved.length; i++) {
        const { nodeId, localName } = saved[i] as ObjectReference
        if (children[i] === undefined) {
          if (this.#hasValues(nodeId)) this.#defer(identity, localName, nodeId)
        } else if (isAwaiting) settle(identity, localName, this.#version)
      }
    }
  }

  /** With all that may be refused done; nothing is if it throws. */
  #tried(plan: Plan): Plan {
    const [start] = plan.bindings
    const isSure = plan.takings.every(({ assignment }) => assignment.attempt === undefined)
    if (start === undefined || isSure) return plan
    const undo: (() => void)[] = []
    try {
      // Once more: a `deserialize` may make the objects that are to be restored next.
      const tried = this.#plan(renewed(start), plan.isLate, plan, undo)
      this.#reader.prepareNow(extentsOf(tried))
      return tried
    } catch (error) {
      takeBack(undo)
      throw error
    }
  }

  #defer(parent: object, name: string, id: number): void {
    const restoreInto = (node: TrackableNode): void => {
      const plan = this.plan(id, node, true)
      this.#reader.prepareNow(extentsOf(plan))
      this.commit(plan)
    }
    defer(parent, name, { version: this.#version, restoreInto })
  }

  #note({ identity }: TrackableNode): void {
    const notes = notesOf(identity)
    notes.version = Math.max(notes.version, this.#version)
  }
}

const asItIs = (node: TrackableNode): TrackableNode => node.renewed?.() ?? node

const renewed = ({ id, node }: Binding): Binding => ({ id, node: asItIs(node) })

function tooOften(path: string): Error {
  const message = `the object graph of '${path}' leads to the same objects too often`
  return corrupt(message, 'inconsistent', { path })
}
