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
  /** Length of each axis; empty for a scalar. */
  readonly shape: number[]
  /** Of TensorFlow.js: `float32`, `int32`, `bool`, `complex64` or `string`. */
  readonly dtype: string
  /** True once its memory was given back. */
  readonly isDisposed: boolean
  /** Its elements; of the CPU backend those themselves, of others a copy. */
  dataSync(): unknown
  /** Gives its memory back. */
  dispose(): void
}

/** A `tf.Variable`. */
export interface VariableLike extends TensorLike {
  /** The name that TensorFlow.js gave it, or the program. */
  readonly name: string
  /** Takes the elements of a tensor of the same dtype and shape. */
  assign(value: TensorLike): void
}

/** The module of TensorFlow.js: `require('@tensorflow/tfjs')`, or `@tensorflow/tfjs-core`. */
export interface TensorFlowJs {
  /** Makes a tensor of elements in C order. */
  tensor(
    values: Float32Array | Int32Array | Uint8Array,
    shape?: number[],
    dtype?: 'float32' | 'int32' | 'bool',
  ): TensorLike
  /** Makes a variable of a tensor. */
  variable(initialValue: TensorLike, trainable?: boolean): VariableLike
}

/** A `LayerVariable`. */
export interface WeightLike {
  /** The name before TensorFlow.js made it unique. */
  readonly originalName: string
  /** The variable itself, not a copy. */
  read(): TensorLike
}

/** A `tf.layers.Layer`. */
export interface LayerLike {
  /** Its name in the model. */
  readonly name: string
  /** Its weights. */
  readonly weights: WeightLike[]
  /** Name of its class, such as `Dense`. */
  getClassName(): string
}

/** A `tf.LayersModel` or `tf.Sequential`. */
export interface ModelLike extends LayerLike {
  /** Its layers, in the order of the model. */
  readonly layers: LayerLike[]
}

/** A `tf.Optimizer`. */
export interface OptimizerLike {
  /** Steps that it has made. */
  readonly iterations: number
  /** Name of its class, such as `Adam`. */
  getClassName(): string
}

export function isModel(layer: LayerLike): layer is ModelLike {
  return 'layers' in layer && Array.isArray(layer.layers)
}

export const variableOf = (weight: WeightLike): VariableLike => weight.read() as VariableLike
