/**
 * One restore: matches the objects of a program with those of a checkpoint, from the root along
 * equal names, and goes on doing so when objects come later. Source: python/checkpoint/restore.py.
 *
 * @module
 */
import type { ObjectGraph, ObjectNode, SlotVariableReference } from '../bundle/messages.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import { corrupt } from '../errors.js'
import { defer } from './deferred.js'
import { holdersOfValues } from './holders.js'
import type { Assignment, TrackableNode } from './node.js'

/** A saved object and one of the program that was found to be it. */
interface Binding {
  readonly id: number
  readonly node: TrackableNode
}

/** A slot variable of the graph, and the optimizer whose it is. */
interface WaitingSlot {
  readonly optimizer: number
  readonly slot: SlotVariableReference
}

/** What objects will take, and for which of their children it is too early. Changes nothing yet. */
export interface Plan {
  readonly bindings: Binding[]
  readonly assignments: Assignment[]
  readonly taken: { readonly identity: object; readonly attribute: string; readonly key: string }[]
  readonly early: { readonly parent: TrackableNode; readonly name: string; readonly id: number }[]
  slots: readonly WaitingSlot[]
}

/** Of the last restore that met an object: an older one does not overwrite its values. */
const versions = new WeakMap<object, number>()
let newest = 0

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
  /** Saved objects that were found, each with the program's objects that took it. */
  readonly bound: Map<number, TrackableNode[]> = new Map<number, TrackableNode[]>()
  /** Keys of the values that were taken. */
  readonly restored: Set<string> = new Set<string>()
  /** Number of values that objects took. */
  count = 0
  readonly #version = ++newest
  readonly #reader: CheckpointReader
  readonly #met = new WeakSet<object>()
  /** Names of the attributes that each object took. */
  readonly #taken = new WeakMap<object, Set<string>>()
  /** Those whose optimizer or variable was not found yet. */
  #slots: readonly WaitingSlot[]
  #holders: Uint8Array | undefined
  #room: number

  /** @param reader is read from for as long as objects may come; its mappings are enough */
  constructor(graph: ObjectGraph, reader: CheckpointReader) {
    this.graph = graph
    this.#reader = reader
    this.#room = roomOf(graph)
    this.#slots = graph.nodes.flatMap(({ slotVariables }, optimizer) =>
      slotVariables.map((slot) => ({ optimizer, slot })),
    )
  }

  /** True if this restore gave the object that value. */
  gave(identity: object, attribute: string): boolean {
    return this.#taken.get(identity)?.has(attribute) === true
  }

  /**
   * Decides what an object and all below it take; changes nothing.
   *
   * Keys are never derived here: the graph names them. An object that two saved ones lead to takes
   * the values of the first; two objects that lead to one saved object both take its values, where
   * TensorFlow leaves the second as it was.
   *
   * @throws CheckpointError CKPT_CORRUPT, CKPT_MISMATCH, CKPT_UNSUPPORTED
   */
  plan(id: number, node: TrackableNode): Plan {
    const plan: Plan = { bindings: [], assignments: [], taken: [], early: [], slots: this.#slots }
    const met = new Set<object>()
    const found = new Map<number, TrackableNode>()
    const meet = (binding: Binding): void => {
      const { identity } = binding.node
      if (met.has(identity) || this.#met.has(identity)) return
      met.add(identity)
      plan.bindings.push(binding)
      if (!found.has(binding.id)) found.set(binding.id, binding.node)
    }
    meet({ id, node })
    let visited = 0
    // Slot variables come when all else is known; what hangs on them is visited as well.
    while (visited < plan.bindings.length) {
      // The list grows while it is walked.
      for (const binding of plan.bindings.slice(visited)) {
        visited++
        this.#visit(binding, plan, meet)
      }
      if (visited === plan.bindings.length) this.#meetSlots(plan, found, meet)
    }
    return plan
  }

  #visit({ id, node }: Binding, plan: Plan, meet: (binding: Binding) => void): void {
    const saved = this.graph.nodes[id]
    if (saved === undefined) return
    this.#room -= saved.attributes.length + saved.children.length
    if (this.#room < 0) throw tooOften(this.#reader.path)
    if (this.#mayTake(id, node, saved)) this.#take(node, saved, plan)
    for (const { nodeId, localName } of saved.children) {
      const child = node.child(localName)
      if (child !== undefined) meet({ id: nodeId, node: child })
      else if (this.#hasValues(nodeId))
        plan.early.push({ parent: node, name: localName, id: nodeId })
    }
  }

  #mayTake(id: number, { identity }: TrackableNode, { attributes }: ObjectNode): boolean {
    // Memory that an earlier object took may have been written to: it is no longer what was saved.
    const isGone = this.bound.has(id)
    return attributes.length > 0 && !isGone && this.#version > (versions.get(identity) ?? 0)
  }

  #take(node: TrackableNode, { attributes }: ObjectNode, plan: Plan): void {
    const assignment = node.restore(attributes, this.#reader)
    if (assignment === undefined) return
    plan.assignments.push(assignment)
    for (const { name, checkpointKey } of attributes) {
      if (!assignment.attributes.includes(name)) continue
      plan.taken.push({ identity: node.identity, attribute: name, key: checkpointKey })
    }
  }

  #meetSlots(
    plan: Plan,
    found: ReadonlyMap<number, TrackableNode>,
    meet: (binding: Binding) => void,
  ): void {
    const nodeOf = (id: number): TrackableNode | undefined =>
      found.get(id) ?? this.bound.get(id)?.[0]
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

  /** True if a child that a plan did not find has come since. */
  isOutdated({ early }: Plan): boolean {
    return early.some(({ parent, name }) => parent.child(name) !== undefined)
  }

  /**
   * Carries a plan out, all of it or nothing.
   *
   * @throws what a user's `deserialize` throws, and nothing else
   */
  commit(plan: Plan): void {
    const undo: (() => void)[] = []
    try {
      for (const { attempt } of plan.assignments) if (attempt !== undefined) undo.push(attempt())
    } catch (error) {
      for (const back of undo.reverse()) back()
      throw error
    }
    for (const { apply } of plan.assignments) apply()
    for (const binding of plan.bindings) this.#bind(binding)
    for (const { identity, attribute, key } of plan.taken) {
      this.count++
      this.restored.add(key)
      const names = this.#taken.get(identity)
      if (names === undefined) this.#taken.set(identity, new Set([attribute]))
      else names.add(attribute)
    }
    this.#slots = plan.slots
    for (const { parent, name, id } of plan.early) {
      const restoreInto = (node: TrackableNode): void => {
        this.#restoreNow(id, node)
      }
      defer(parent.identity, name, { version: this.#version, restoreInto })
    }
  }

  #bind({ id, node }: Binding): void {
    this.#met.add(node.identity)
    const nodes = this.bound.get(id)
    if (nodes === undefined) this.bound.set(id, [node])
    else nodes.push(node)
    const version = versions.get(node.identity) ?? 0
    versions.set(node.identity, Math.max(version, this.#version))
  }

  #restoreNow(id: number, node: TrackableNode): void {
    const plan = this.plan(id, node)
    this.#reader.prepareNow(plan.assignments.flatMap(({ extents }) => extents))
    this.commit(plan)
  }
}

function tooOften(path: string): Error {
  const message = `the object graph of '${path}' leads to the same objects too often`
  return corrupt(message, 'inconsistent', { path })
}
