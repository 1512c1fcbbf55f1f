/**
 * Layers as objects of a graph, under the names that Keras 3 gives them in its checkpoints. Source:
 * keras/src/layers (core/dense.py, rnn/rnn.py, rnn/bidirectional.py, core/wrapper.py …) and
 * keras/src/models (functional.py, sequential.py): `_operations` are the layers, inputs among them.
 *
 * @module
 */
import type { TrackableNode } from '../graph/node.js'
import { branch, listOf, partOf, variableNode, type Edge } from './nodes.js'
import {
  isModel,
  variableOf,
  type LayerLike,
  type ModelLike,
  type TensorFlowJs,
  type VariableLike,
} from './types.js'

/** Layers that consist of others. None of these has weights beside theirs. */
interface Composite extends LayerLike {
  /** Of RNN and the layers that are made of it. */
  readonly cell?: LayerLike
  /** Of StackedRNNCells. */
  readonly cells?: LayerLike[]
  /** Of Bidirectional. */
  readonly forwardLayer?: LayerLike
  readonly backwardLayer?: LayerLike
  /** Of wrappers, as TimeDistributed. */
  readonly layer?: LayerLike
}

/** A layer within another one, and what Keras calls it there. */
export interface Part {
  readonly name: string
  readonly layer: LayerLike
}

/** The layers that a layer consists of; undefined if it has weights itself. */
export function partsOf(layer: LayerLike): Part[] | undefined {
  const { cell, cells, forwardLayer, backwardLayer, layer: wrapped } = layer as Composite
  if (cells !== undefined) return cells.map((layer, i) => ({ name: String(i), layer }))
  if (cell !== undefined) return [{ name: 'cell', layer: cell }]
  // Bidirectional is a wrapper as well, of a layer that only served as a model for its two.
  if (forwardLayer !== undefined && backwardLayer !== undefined) {
    return [
      { name: 'forward_layer', layer: forwardLayer },
      { name: 'backward_layer', layer: backwardLayer },
    ]
  }
  return wrapped === undefined ? undefined : [{ name: 'layer', layer: wrapped }]
}

/** The layers of a model, with their places among Keras' operations. */
export function operationsOf(model: ModelLike): Part[] {
  const [first] = model.layers
  // Keras counts the input of a Sequential; TensorFlow.js lists it if the program made it.
  const isHidden = isSequential(model) && first?.getClassName() !== 'InputLayer'
  return model.layers.map((layer, i) => ({ name: String(isHidden ? i + 1 : i), layer }))
}

const isSequential = (model: LayerLike): boolean => model.getClassName() === 'Sequential'

/** The last part of a weight's name, as `kernel`. */
export const weightName = (originalName: string): string => originalName.replace(/^.*\//s, '')

/** Layers whose weight is behind a property in Keras, which makes it an attribute of another name. */
const PRIVATE: Readonly<Record<string, string>> = {
  Dense: 'kernel',
  Conv1D: 'kernel',
  Conv2D: 'kernel',
  Conv3D: 'kernel',
  Embedding: 'embeddings',
}

/** Names of a weight, that of the present Keras first; others are of earlier versions, or ours. */
export function keysOf(layer: LayerLike, name: string): string[] {
  const kind = layer.getClassName()
  if (kind === 'DepthwiseConv2D' && name === 'depthwise_kernel') return ['kernel', name]
  if (name !== 'kernel' && name !== 'embeddings') return [name]
  const hidden = `_${name}`
  return PRIVATE[kind] === name ? [hidden, name] : [name, hidden]
}

/** TensorFlow's names of variables. */
export type Names = ReadonlyMap<VariableLike, string>

function layerNode(tf: TensorFlowJs, layer: LayerLike, names: Names): TrackableNode {
  if (isModel(layer)) return modelNode(tf, layer, names)
  const parts = partsOf(layer)
  if (parts === undefined) return branch(layer, () => weightEdges(tf, layer, names))
  const node = (part: Part): TrackableNode => layerNode(tf, part.layer, names)
  if (isCellList(layer)) {
    const cells = listOf(partOf(layer, 'cells'), () => parts.map(node))
    return branch(layer, () => [['cells', cells]])
  }
  return branch(layer, () => parts.map((part) => [part.name, node(part)] as const))
}

const isCellList = (layer: LayerLike): boolean => (layer as Composite).cells !== undefined

function weightEdges(tf: TensorFlowJs, layer: LayerLike, names: Names): Edge[] {
  return layer.weights.flatMap((weight) => {
    const variable = variableOf(weight)
    const node = variableNode(tf, variable, names.get(variable))
    return keysOf(layer, weightName(weight.originalName)).map((key) => [key, node] as const)
  })
}

/**
 * @param more children beside the layers
 * @throws TypeError if the model has no layers yet
 */
export function modelNode(
  tf: TensorFlowJs,
  model: ModelLike,
  names: Names,
  more: () => Iterable<Edge> = () => [],
): TrackableNode {
  requireLayers(model)
  const operations = branch(partOf(model, '_operations'), () =>
    operationsOf(model)
      .filter(({ layer }) => layer.weights.length > 0)
      .map(({ name, layer }) => [name, layerNode(tf, layer, names)] as const),
  )
  const functional = branch(partOf(model, '_functional'), () => [['_operations', operations]])
  const own: Edge = isSequential(model) ? ['_functional', functional] : ['_operations', operations]
  return branch(model, () => [own, ...more()])
}

export function requireLayers(model: ModelLike): void {
  if (model.layers.length > 0) return
  throw new TypeError(`the model '${model.name}' has no layers yet: add them first`)
}
