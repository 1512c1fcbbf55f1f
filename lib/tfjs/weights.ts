/**
 * The weights of a model, each with the names of the layers around it.
 *
 * @module
 */
import { keysOf, operationsOf, partsOf, weightName, type Names } from './layer-nodes.js'
import { isModel, variableOf, type LayerLike, type ModelLike, type VariableLike } from './types.js'

/** A weight by what programs call its layers. */
export interface NamedWeight {
  readonly variable: VariableLike
  /** As TensorFlow names it: `hidden/kernel`, `lstm/lstm_cell/kernel`. */
  readonly fullName: string
  /** Names of its layer and of the models that this one is in, the outermost left out. */
  readonly layers: readonly string[]
  /** Which half of a Bidirectional it is in. */
  readonly direction?: 'forward' | 'backward'
  /** What it may be called itself. */
  readonly names: readonly string[]
}

type Place = Pick<NamedWeight, 'layers' | 'direction'>

export function* weightsOf(
  model: ModelLike,
  place: Place = { layers: [] },
): Generator<NamedWeight> {
  for (const { layer } of operationsOf(model)) {
    const layers = [...place.layers, layer.name]
    yield* weightsIn(layer, layers.join('/'), { ...place, layers })
  }
}

function* weightsIn(layer: LayerLike, path: string, place: Place): Generator<NamedWeight> {
  if (isModel(layer)) {
    yield* weightsOf(layer, place)
    return
  }
  const parts = partsOf(layer)
  for (const part of parts ?? []) {
    const [direction] = /^(forward|backward)(?=_layer$)/.exec(part.name) ?? []
    const inner = direction === undefined ? place : { ...place, direction: direction as 'forward' }
    yield* weightsIn(part.layer, `${path}/${part.layer.name}`, inner)
  }
  if (parts !== undefined) return
  for (const weight of layer.weights) {
    const name = weightName(weight.originalName)
    // Attributes of Keras that begin with an underscore are of variables whose names do not.
    const names = keysOf(layer, name).filter((key) => !key.startsWith('_'))
    yield { ...place, variable: variableOf(weight), fullName: `${path}/${name}`, names }
  }
}

/** A layer that is used twice has its first name. */
export function namesOf(model: ModelLike): Names {
  const names = new Map<VariableLike, string>()
  for (const { variable, fullName } of weightsOf(model)) {
    if (!names.has(variable)) names.set(variable, fullName)
  }
  return names
}
