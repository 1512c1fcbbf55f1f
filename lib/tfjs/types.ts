/**
 * What is needed of TensorFlow.js, by shape: this package never loads it, so that any of its packages
 * and versions will do, `@tensorflow/tfjs`, `@tensorflow/tfjs-core` and `@tensorflow/tfjs-node` alike.
 *
 * @module
 */
/** What holds the elements of a tensor. */
export type TensorData = Float32Array | Int32Array | Uint8Array

/** A `tf.Tensor`. */
export interface TensorLike {
  readonly shape: number[]
  readonly dtype: string
  readonly isDisposed: boolean
  dataSync(): unknown
  dispose(): void
}

/** A `tf.Variable`. */
export interface VariableLike extends TensorLike {
  readonly name: string
  assign(value: TensorLike): void
}

/** The module of TensorFlow.js: `require('@tensorflow/tfjs')`, or `@tensorflow/tfjs-core`. */
export interface TensorFlowJs {
  tensor(values: TensorData, shape?: number[], dtype?: 'float32' | 'int32' | 'bool'): TensorLike
  variable(initialValue: TensorLike, trainable?: boolean): VariableLike
}

/** A `LayerVariable`. */
export interface WeightLike {
  readonly originalName: string
  /** The variable itself, not a copy. */
  read(): TensorLike
}

/** A `tf.layers.Layer`. */
export interface LayerLike {
  readonly name: string
  readonly weights: WeightLike[]
  getClassName(): string
}

/** A `tf.LayersModel` or `tf.Sequential`. */
export interface ModelLike extends LayerLike {
  readonly layers: LayerLike[]
}

/** A `tf.Optimizer`. */
export interface OptimizerLike {
  readonly iterations: number
  getClassName(): string
}

export function isModel(layer: LayerLike): layer is ModelLike {
  return 'layers' in layer && Array.isArray(layer.layers)
}

export const variableOf = (weight: WeightLike): VariableLike => weight.read() as VariableLike
