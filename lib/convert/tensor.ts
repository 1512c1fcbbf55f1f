/**
 * Tensors on their way from one format to another: what they are, and their bytes in pieces, so that
 * no tensor is ever in memory as a whole.
 *
 * @module
 */
import type { NpyDescr } from '../array/descr.js'
import type { DType } from '../array/dtype.js'
import type { NdArray } from '../array/ndarray.js'
import type { StringTensor } from '../bundle/read/strings.js'
import type { Steps } from '../twin.js'

/**
 * Bytes that are moved at once. Large enough that a call costs nothing next to its bytes, small enough
 * to stay in the cache between the reading, the checksum and the writing.
 */
export const PIECE: number = 2 ** 20

/** Takes a piece, which is valid and unchanged until its steps have ended. */
export type Sink = (piece: Uint8Array) => Steps<void>

/** Memory of one transfer, used again for every piece. */
export class Scratch {
  readonly input: Buffer = Buffer.allocUnsafeSlow(PIECE)
  #output: Buffer | undefined

  /** For what is made of a piece: at most eight bytes for each of its own. */
  get output(): Buffer {
    return (this.#output ??= Buffer.allocUnsafeSlow(8 * PIECE))
  }
}

/** A tensor that can be written. */
export interface TensorStream {
  /** Under which it is written, and the same in its source. */
  readonly name: string
  readonly key: string
  readonly dtype: DType | 'string'
  readonly shape: readonly number[]
  /** Bytes of one element; 0 for strings. */
  readonly itemsize: number
  /** Bytes of all elements; of strings, those of their content. */
  readonly byteLength: number
  /** The elements come in Fortran order; there are at least two axes then. */
  readonly fortranOrder: boolean
  /** NumPy's type, of `void` only. */
  readonly descr?: NpyDescr
  /**
   * Gives all elements to the sink, little-endian. Pieces are whole elements; what was checked at the
   * end is whether the bytes were right, so nothing may be published before.
   *
   * @throws CheckpointError CKPT_CORRUPT, CKPT_IO
   */
  stream(scratch: Scratch, sink: Sink): Steps<void>
  /** Of a tensor of strings. */
  strings?(): StringTensor
}

/** A tensor that can also be read at once. */
export interface SourceTensor extends TensorStream {
  /** Zero-copy where alignment allows; read and checked at its first use. */
  read(): NdArray | StringTensor
}

/** What a source has under a name; what it is is found out when it is asked. */
export interface SourceEntry {
  readonly name: string
  readonly key: string
  /** Left out unless a filter asks for it. */
  readonly isMinor: boolean
  /** @throws CheckpointError CKPT_CORRUPT, CKPT_UNSUPPORTED */
  open(): SourceTensor
}

/** Something that holds tensors. */
export interface TensorSource {
  readonly entries: readonly SourceEntry[]
  /** Texts by name, of `.safetensors`. */
  readonly metadata: Readonly<Record<string, string>>
  /** Lets go of files. What was read stays valid. */
  close(): void
}

/** Gives memory to a sink in pieces of at most `PIECE` bytes. */
export function* streamMemory(view: ArrayBufferView, sink: Sink): Steps<void> {
  const { buffer, byteOffset, byteLength } = view
  for (let at = 0; at < byteLength; at += PIECE) {
    yield* sink(new Uint8Array(buffer, byteOffset + at, Math.min(PIECE, byteLength - at)))
  }
}
