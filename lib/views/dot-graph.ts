/**
 * Object graphs as pictures. TensorFlow's `tf.contrib.checkpoint.dot_graph_from_checkpoint`
 * (contrib/checkpoint/python/visualize.py, 1.13 to 1.15).
 *
 * @module
 */
import { inspect } from 'node:util'
import type { ObjectGraph, ObjectNode } from '../bundle/messages.js'
import type { PathInput } from '../bundle/names.js'
import { VARIABLE_VALUE } from '../graph/keys.js'
import { joinLines, quoted } from './dot-text.js'
import { withGraph } from './object-metadata.js'
import { ValueTexts } from './value-texts.js'

/** How a graph is drawn. */
export interface DotGraphOptions {
  /**
   * Draw Python state green, with what it is in the tooltip: dtype and shape of the arrays of a
   * NumpyState. TensorFlow draws it as objects without values are drawn. Default: false, the text
   * that TensorFlow makes.
   */
  pythonState?: boolean
}

/**
 * The objects of a checkpoint as a graph in the DOT language, which Graphviz draws:
 * `fs.writeFileSync('graph.dot', dotGraphFromCheckpoint(path))`, then
 * `dot -Tsvg graph.dot > graph.svg`.
 *
 * Each object is a point: blue if it is a variable, orange a slot variable, red an optimizer with slot
 * variables. What a variable is stands in its tooltip. Edges bear the names of children; dotted ones
 * lead to slot variables, from the optimizer with the slot's name and from the variable. Names are
 * shown as they are, whatever characters are in them. A value that the checkpoint lacks is drawn, and
 * its tooltip says that it is missing.
 *
 * @param path the prefix that `save` returned, or a directory: its latest checkpoint
 * @throws CheckpointError CKPT_NOT_FOUND if there is no checkpoint, or one that was written without
 *   objects (`tf.train.Saver`); CKPT_CORRUPT, CKPT_UNSUPPORTED, CKPT_TOO_LARGE, CKPT_IO
 */
export function dotGraphFromCheckpoint(path: PathInput, options: DotGraphOptions = {}): string {
  const { pythonState } = checkOptions(options)
  return withGraph(path, (reader, graph) =>
    joinLines(linesOf(graph, new ValueTexts(reader, graph), pythonState), reader.path),
  )
}

function checkOptions(options: DotGraphOptions): { pythonState: boolean } {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError(`options must be an object, got ${inspect(options)}`)
  }
  const { pythonState = false } = options
  if (typeof pythonState === 'boolean') return { pythonState }
  throw new TypeError(`options.pythonState must be a boolean, got ${inspect(pythonState)}`)
}

/** In TensorFlow's order: each object with the edges that it knows of. */
function* linesOf(graph: ObjectGraph, texts: ValueTexts, pythonState: boolean): Generator<string> {
  const slots = new Set<number>()
  for (const { slotVariables } of graph.nodes) {
    for (const { slotVariableNodeId } of slotVariables) slots.add(slotVariableNodeId)
  }
  yield 'digraph {'
  for (const [id, node] of graph.nodes.entries()) {
    const style = variableStyle(node, slots.has(id), texts) ?? otherStyle(node, texts, pythonState)
    yield `N_${String(id)} [shape=point label="" ${style}]`
    yield* edgesOf(id, node)
  }
  yield '}'
}

function variableStyle(
  { attributes }: ObjectNode,
  isSlot: boolean,
  texts: ValueTexts,
): string | undefined {
  const [attribute, more] = attributes
  if (attribute?.name !== VARIABLE_VALUE || more !== undefined) return undefined
  const [color, what] = isSlot ? ['orange', 'Slot variable'] : ['blue', 'Variable']
  const tooltip = `${what} ${attribute.fullName} ${texts.tensor(attribute.checkpointKey)}`
  return `color=${color} width=.25 tooltip=${quoted(tooltip)}`
}

function otherStyle(node: ObjectNode, texts: ValueTexts, pythonState: boolean): string {
  // The comma is TensorFlow's.
  if (node.slotVariables.length > 0) return 'width=.25 color=red,tooltip="Optimizer"'
  const text = pythonState ? texts.pythonState(node.attributes) : undefined
  return text === undefined ? 'width=.25' : `color=green width=.25 tooltip=${quoted(text)}`
}

function* edgesOf(id: number, { children, slotVariables }: ObjectNode): Generator<string> {
  const edge = (from: number, to: number): string => `N_${String(from)} -> N_${String(to)}`
  for (const { nodeId, localName } of children) {
    yield `${edge(id, nodeId)} [label=${quoted(localName)}]`
  }
  for (const { originalVariableNodeId, slotName, slotVariableNodeId } of slotVariables) {
    yield `${edge(id, slotVariableNodeId)} [label=${quoted(slotName)} style=dotted]`
    yield `${edge(originalVariableNodeId, slotVariableNodeId)} [style=dotted]`
  }
}
