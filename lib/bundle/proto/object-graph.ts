/**
 * TrackableObjectGraph by hand: a graph has an object per array, edges to each, and may have been
 * made to have millions more; the generic runtime takes ten times as long and several times the
 * memory. A test compares both.
 *
 *     1 nodes { 1 children { 1 node_id varint · 2 local_name }
 *               2 attributes { 1 name · 2 full_name · 3 checkpoint_key }
 *               3 slot_variables { 1 original_variable_node_id varint · 2 slot_name
 *                                  3 slot_variable_node_id varint }
 *               4 registered_saver { 1 name · 2 object_name } · 5 has_checkpoint_values { 1 varint } }
 *
 * Source: TensorFlow `core/protobuf/trackable_object_graph.proto`.
 *
 * @module
 */
import { corrupt } from '../../errors.js'
import type {
  ObjectGraph,
  ObjectNode,
  ObjectReference,
  SerializedTensor,
  SlotVariableReference,
} from '../messages.js'
import { MessageWriter } from './message-writer.js'
import { TextWindow } from '../text-window.js'
import { Malformed, WireReader } from './wire.js'

// (field number << 3) | wire type
const NODE = 0x0a
const CHILD = 0x0a
const ATTRIBUTE = 0x12
const SLOT_VARIABLE = 0x1a
const SAVER = 0x22
const HAS_VALUES = 0x2a
/** A number and a text in the place of a message's first, second and third field. */
const NUMBER_1 = 0x08
const NUMBER_3 = 0x18
const TEXT_1 = 0x0a
const TEXT_2 = 0x12
const TEXT_3 = 0x1a

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// Two bytes in a file: many of them must not take much more in memory.
const NONE: readonly never[] = Object.freeze([])
const EMPTY_CHILD: ObjectReference = Object.freeze({ nodeId: 0, localName: '' })
const EMPTY_NODE: ObjectNode = Object.freeze({
  children: NONE,
  attributes: NONE,
  slotVariables: NONE,
})

class GraphReader extends WireReader {
  readonly #buffer: Buffer
  readonly #window: TextWindow
  /** One string for a text that comes again and again. */
  #lastName = ''
  #lowest = 0
  #highest = -1

  constructor(bytes: Uint8Array) {
    super(bytes, 0, bytes.length)
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#window = new TextWindow(bytes)
  }

  /** The text of an attribute's name, of which there are few. */
  name(): string {
    const name = this.text()
    if (name !== this.#lastName) this.#lastName = name
    return this.#lastName
  }

  text(): string {
    const end = this.delimited()
    const start = this.offset
    this.offset = end
    if (start === end) return ''
    const ascii = this.#window.slice(start, end)
    if (ascii !== undefined) return ascii
    const text = this.#buffer.toString('utf8', start, end)
    return text.includes('\ufffd') ? this.#strictText(start, end) : text
  }

  #strictText(start: number, end: number): string {
    try {
      return strict.decode(this.bytes.subarray(start, end))
    } catch {
      throw new Malformed('a name is not valid UTF-8')
    }
  }

  /** Remembers an id: how many nodes there are is known at the end. */
  refer(id: number): number {
    if (id < this.#lowest) this.#lowest = id
    if (id > this.#highest) this.#highest = id
    return id
  }

  /** An id that has been referred to and is none of so many nodes. */
  unknownId(count: number): number | undefined {
    if (this.#lowest < 0) return this.#lowest
    return this.#highest >= count ? this.#highest : undefined
  }
}

function readChild(reader: GraphReader): ObjectReference {
  const outer = reader.limit
  reader.limit = reader.delimited()
  const isEmpty = reader.done
  let nodeId = 0
  let localName = ''
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === NUMBER_1) nodeId = reader.int32()
    else if (tag === TEXT_2) localName = reader.text()
    else reader.skip(tag)
  }
  reader.limit = outer
  reader.refer(nodeId)
  return isEmpty ? EMPTY_CHILD : { nodeId, localName }
}

function readAttribute(reader: GraphReader): SerializedTensor {
  const outer = reader.limit
  reader.limit = reader.delimited()
  let name = ''
  let fullName = ''
  let checkpointKey = ''
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === TEXT_1) name = reader.name()
    else if (tag === TEXT_2) fullName = reader.text()
    else if (tag === TEXT_3) checkpointKey = reader.text()
    else reader.skip(tag)
  }
  reader.limit = outer
  return { name, fullName, checkpointKey }
}

function readSlotVariable(reader: GraphReader): SlotVariableReference {
  const outer = reader.limit
  reader.limit = reader.delimited()
  let [original, slotName, slot] = [0, '', 0]
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === NUMBER_1) original = reader.int32()
    else if (tag === TEXT_2) slotName = reader.text()
    else if (tag === NUMBER_3) slot = reader.int32()
    else reader.skip(tag)
  }
  reader.limit = outer
  return {
    originalVariableNodeId: reader.refer(original),
    slotName,
    slotVariableNodeId: reader.refer(slot),
  }
}

type Saver = NonNullable<ObjectNode['registeredSaver']>

/** @param saver of an earlier field of the same kind: a message that occurs twice is merged */
function readSaver(reader: GraphReader, saver: Saver | undefined): Saver {
  const outer = reader.limit
  reader.limit = reader.delimited()
  let { name, objectName } = saver ?? { name: '', objectName: '' }
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === TEXT_1) name = reader.text()
    else if (tag === TEXT_2) objectName = reader.text()
    else reader.skip(tag)
  }
  reader.limit = outer
  return { name, objectName }
}

function readFlag(reader: GraphReader, flag: boolean): boolean {
  const outer = reader.limit
  reader.limit = reader.delimited()
  let value = flag
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === NUMBER_1) value = reader.int64() !== 0
    else reader.skip(tag)
  }
  reader.limit = outer
  return value
}

/** A list that begins with room for one: most nodes have one attribute. */
function append<T>(list: T[] | undefined, item: T): T[] {
  if (list === undefined) return [item]
  list.push(item)
  return list
}

function readNode(reader: GraphReader): ObjectNode {
  const outer = reader.limit
  reader.limit = reader.delimited()
  const isEmpty = reader.done
  let children: ObjectReference[] | undefined
  let attributes: SerializedTensor[] | undefined
  let slotVariables: SlotVariableReference[] | undefined
  let registeredSaver: Saver | undefined
  let hasCheckpointValues: boolean | undefined
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === CHILD) children = append(children, readChild(reader))
    else if (tag === ATTRIBUTE) attributes = append(attributes, readAttribute(reader))
    else if (tag === SLOT_VARIABLE) slotVariables = append(slotVariables, readSlotVariable(reader))
    else if (tag === SAVER) registeredSaver = readSaver(reader, registeredSaver)
    else if (tag === HAS_VALUES)
      hasCheckpointValues = readFlag(reader, hasCheckpointValues === true)
    else reader.skip(tag)
  }
  reader.limit = outer
  if (isEmpty) return EMPTY_NODE
  const node = {
    children: children ?? NONE,
    attributes: attributes ?? NONE,
    slotVariables: slotVariables ?? NONE,
  }
  if (registeredSaver === undefined && hasCheckpointValues === undefined) return node
  return {
    ...node,
    ...(registeredSaver && { registeredSaver }),
    ...(hasCheckpointValues !== undefined && { hasCheckpointValues }),
  }
}

/** @throws CheckpointError CKPT_CORRUPT; `bounds` if an id is not that of a node */
export function decodeObjectGraph(bytes: Uint8Array, path: string): ObjectGraph {
  const reader = new GraphReader(bytes)
  const nodes: ObjectNode[] = []
  try {
    while (!reader.done) {
      const tag = reader.tag()
      if (tag === NODE) nodes.push(readNode(reader))
      else reader.skip(tag)
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    const message = `object graph of '${path}' not parseable: ${error.message}`
    throw corrupt(message, 'framing', { path })
  }
  const unknown = reader.unknownId(nodes.length)
  if (unknown === undefined) return { nodes }
  const found = `object graph of '${path}' refers to node ${String(unknown)}`
  throw corrupt(`${found} of ${String(nodes.length)}`, 'bounds', { path })
}

function writeNode(writer: MessageWriter, node: ObjectNode): void {
  for (const { nodeId, localName } of node.children) {
    const at = writer.begin(CHILD)
    writer.number(NUMBER_1, nodeId)
    writer.text(TEXT_2, localName)
    writer.end(at)
  }
  for (const { name, fullName, checkpointKey } of node.attributes) {
    const at = writer.begin(ATTRIBUTE)
    writer.text(TEXT_1, name)
    writer.text(TEXT_2, fullName)
    writer.text(TEXT_3, checkpointKey)
    writer.end(at)
  }
  for (const slot of node.slotVariables) {
    const at = writer.begin(SLOT_VARIABLE)
    writer.number(NUMBER_1, slot.originalVariableNodeId)
    writer.text(TEXT_2, slot.slotName)
    writer.number(NUMBER_3, slot.slotVariableNodeId)
    writer.end(at)
  }
  writeOptional(writer, node)
}

function writeOptional(writer: MessageWriter, node: ObjectNode): void {
  const { registeredSaver: saver, hasCheckpointValues: hasValues } = node
  if (saver !== undefined) {
    const at = writer.begin(SAVER)
    writer.text(TEXT_1, saver.name)
    writer.text(TEXT_2, saver.objectName)
    writer.end(at)
  }
  if (hasValues !== undefined) {
    const at = writer.begin(HAS_VALUES)
    writer.number(NUMBER_1, hasValues ? 1 : 0)
    writer.end(at)
  }
}

export function encodeObjectGraph({ nodes }: ObjectGraph): Uint8Array {
  const writer = new MessageWriter(64 * (nodes.length + 1))
  for (const node of nodes) {
    const at = writer.begin(NODE)
    writeNode(writer, node)
    writer.end(at)
  }
  return writer.finish()
}
