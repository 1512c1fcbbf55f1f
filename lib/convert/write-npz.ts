/**
 * Writes `.npy` and `.npz`.
 *
 * @module
 */
import { crc32 } from 'node:zlib'
import type { NpyDescr } from '../array/descr.js'
import { dtypeInfo } from '../array/dtype.js'
import { CheckpointError } from '../errors.js'
import { encodeNpyHeader } from '../formats/npy.js'
import { descrOfDType } from '../formats/npy-descr.js'
import { memberNameOf } from '../formats/npz.js'
import {
  DEFLATED,
  encodeCentralEntry,
  encodeEnd,
  encodeLocalHeader,
  IN_ZIP64,
  STORED,
  type ZipMember,
} from '../formats/zip.js'
import type { Steps } from '../twin.js'
import { Flate } from './inflate.js'
import type { OutputFile } from './output.js'
import { PIECE, type Scratch, type TensorStream } from './tensor.js'

/** Elements of members begin at a multiple of this, so that they can be mapped where they lie. */
const ALIGNMENT = 64

/** DEFLATE makes bytes that it cannot compress longer by less than this part. */
const MARGIN = 2 ** 24

/** @throws CheckpointError CKPT_UNSUPPORTED for strings, which NumPy has no type for */
function npyHeader(tensor: TensorStream): Uint8Array {
  const { key, dtype, shape, fortranOrder, descr } = tensor
  return encodeNpyHeader({ descr: descr ?? descrFor(dtype, key), fortranOrder, shape })
}

function descrFor(dtype: TensorStream['dtype'], key: string): NpyDescr {
  if (dtype !== 'string' && dtype !== ('variant' as string)) return descrOfDType(dtypeInfo(dtype))
  const feature = `dtype ${dtype}`
  const message = `'${key}' holds strings of bytes, which NumPy has no type for; leave it out by 'filter'`
  throw new CheckpointError('CKPT_UNSUPPORTED', message, { feature, key })
}

export function* writeNpy(file: OutputFile, tensor: TensorStream, scratch: Scratch): Steps<void> {
  yield* file.append(npyHeader(tensor))
  yield* tensor.stream(scratch, (piece) => file.append(piece))
}

/** Names beside their tensors: what they are called in the archive. */
export function* writeNpz(
  file: OutputFile,
  tensors: readonly TensorStream[],
  compress: boolean,
  scratch: Scratch,
): Steps<void> {
  const members: ZipMember[] = []
  for (const tensor of tensors) {
    members.push(
      compress
        ? yield* writeDeflated(file, tensor, scratch)
        : yield* writeStored(file, tensor, scratch),
    )
  }
  const offset = file.length
  for (const member of members) yield* file.append(encodeCentralEntry(member))
  yield* file.append(encodeEnd(members.length, offset, file.length - offset))
}

function memberOf(
  file: OutputFile,
  tensor: TensorStream,
  size: number,
  compress: boolean,
): ZipMember {
  return {
    name: memberNameOf(tensor.name),
    method: compress ? DEFLATED : STORED,
    crc: 0,
    compressedSize: compress ? 0 : size,
    size,
    offset: file.length,
    // Decided before it is known how long the compressed bytes will be.
    zip64: size >= IN_ZIP64 - MARGIN,
  }
}

function* writeStored(file: OutputFile, tensor: TensorStream, scratch: Scratch): Steps<ZipMember> {
  const header = npyHeader(tensor)
  const member = memberOf(file, tensor, header.length + tensor.byteLength, false)
  let crc = crc32(header)
  // A header that is written before the checksum is known has to be written again.
  const isShort = tensor.byteLength <= PIECE
  if (!isShort) yield* file.append(encodeLocalHeader(member, ALIGNMENT))
  if (!isShort) yield* file.append(header)
  const parts: Buffer[] = []
  yield* tensor.stream(scratch, function* (piece) {
    crc = crc32(piece, crc)
    if (isShort) parts.push(Buffer.from(piece))
    else yield* file.append(piece)
  })
  const written = { ...member, crc }
  const local = encodeLocalHeader(written, ALIGNMENT)
  if (isShort) for (const part of [local, header, ...parts]) yield* file.append(part)
  else yield* file.patch(local, member.offset)
  return written
}

function* writeDeflated(
  file: OutputFile,
  tensor: TensorStream,
  scratch: Scratch,
): Steps<ZipMember> {
  const header = npyHeader(tensor)
  const member = memberOf(file, tensor, header.length + tensor.byteLength, true)
  yield* file.append(encodeLocalHeader(member, 1))
  const start = file.length
  const flate = new Flate('deflate')
  let crc = crc32(header)
  try {
    for (const made of flate.push(header)) yield* file.append(made)
    yield* tensor.stream(scratch, function* (piece) {
      crc = crc32(piece, crc)
      for (const made of flate.push(piece)) yield* file.append(made)
    })
    for (const made of flate.finish()) yield* file.append(made)
  } finally {
    flate.close()
  }
  const written = { ...member, crc, compressedSize: file.length - start }
  yield* file.patch(encodeLocalHeader(written, 1), member.offset)
  return written
}
