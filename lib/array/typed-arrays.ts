/**
 * Typed arrays by the name of their class, from any realm: `instanceof` fails for arrays that come
 * out of a vm context or a test runner's sandbox.
 *
 * @module
 */
import type { ArrayClass, DTypeInfo, TypedArray } from './dtype.js'

interface TypedArrayConstructor {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray
}

/** The getter of %TypedArray%.prototype: it looks into the value, whatever realm it is from. */
const { get: tagGetter } = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
) as unknown as { readonly get: (this: unknown) => string | undefined }

/** Class name of a typed array of any realm; undefined for anything else, DataView included. */
export function arrayClassOf(value: unknown): ArrayClass | undefined {
  return tagGetter.call(value) as ArrayClass | undefined
}

export function isTypedArray(value: unknown): value is TypedArray {
  return arrayClassOf(value) !== undefined
}

function constructorOf(name: ArrayClass): TypedArrayConstructor {
  // Float16Array is not in the type library of our target; the dtype table names it only if it is there.
  return (globalThis as unknown as Record<ArrayClass, TypedArrayConstructor>)[name]
}

/** A view of the class over `byteLength` bytes. */
export function viewAs(
  name: ArrayClass,
  buffer: ArrayBufferLike,
  byteOffset: number,
  byteLength: number,
): TypedArray {
  const constructor = constructorOf(name)
  return new constructor(buffer, byteOffset, byteLength / constructor.BYTES_PER_ELEMENT)
}

/** Bytes per element of `data` of a dtype; 1 for `void`. */
export function laneBytes(info: DTypeInfo): number {
  return info.itemsize === 0 ? 1 : info.itemsize / info.lanes
}

/** The bytes of a view, shared. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}
