/**
 * From a source to a destination, whatever their formats: the body of all exports and imports.
 *
 * @module
 */
import { resolve } from 'node:path'
import { checkPath, checkPrefix, type PathInput } from '../bundle/names.js'
import { Operation } from '../bundle/operation.js'
import { openCheckpoint, openCheckpointSync } from '../bundle/read/open.js'
import { CheckpointReader } from '../bundle/read/reader.js'
import type { ArrayInput } from '../array/input.js'
import { CheckpointError } from '../errors.js'
import { wait, type Steps } from '../twin.js'
import { arraysSource, checkArrays } from './arrays-source.js'
import { inCOrder } from './blocks.js'
import { checkpointSource } from './checkpoint-source.js'
import { formatOf, type Format } from './formats.js'
import { checkOptions, type CheckedOptions, type ConvertOptions } from './options.js'
import { openSource } from './open-source.js'
import { replaceBy } from './output.js'
import { castAs, select, type Selected } from './select.js'
import { SOURCE, TensorFile } from './tensor-file.js'
import { Scratch, type TensorSource, type TensorStream } from './tensor.js'
import { planValues, writeCheckpoint } from './write-checkpoint.js'
import { writeNpy, writeNpz } from './write-npz.js'
import { writeSafetensors } from './write-safetensors.js'
import { writeTfjs } from './write-tfjs.js'

/**
 * What is exported: an open checkpoint or file, a path to one, or arrays by their names (a `NumpyState`,
 * or a plain object), which must not change before the end.
 */
export type TensorsInput =
  CheckpointReader | TensorFile | PathInput | Readonly<Record<string, ArrayInput>>

/** What was written. */
export interface TransferReport {
  /** As it was given, resolved. */
  readonly path: string
  /** How many. */
  readonly tensors: number
  /** Of all elements. */
  readonly bytes: number
  /** Keys that were left out: by the filter, or by default. */
  readonly skipped: readonly string[]
}

export interface Transfer {
  readonly source: unknown
  readonly destination: unknown
  readonly options: ConvertOptions
  /** Where the function says it and not the name. */
  readonly from?: Format
  readonly to?: Format
}

export function* transfer(request: Transfer, sync: boolean): Steps<TransferReport> {
  const options = checkOptions(request.options)
  const to = request.to ?? options.to ?? formatOf(checkPath(request.destination, 'destination'))
  const path =
    to === 'checkpoint'
      ? resolve(checkPrefix(request.destination))
      : resolve(checkPath(request.destination, 'path'))
  const operation = new Operation(options, sync)
  return yield* operation.run(function* () {
    const { source, close } = yield* openInput(request, options, sync)
    try {
      return yield* write(operation, source, to, path, options)
    } finally {
      close()
    }
  })
}

interface Opened {
  readonly source: TensorSource
  readonly close: () => void
}

const keep = (): void => undefined

function* openInput(
  { source, from }: Transfer,
  options: CheckedOptions,
  sync: boolean,
): Steps<Opened> {
  if (source instanceof CheckpointReader)
    return { source: checkpointSource(source, false), close: keep }
  if (source instanceof TensorFile) return { source: source[SOURCE](), close: keep }
  if (typeof source !== 'string' && !(source instanceof URL)) {
    return { source: arraysSource(checkArrays(source)), close: keep }
  }
  const path = resolve(checkPath(source, 'source'))
  const format = from ?? options.from ?? formatOf(path)
  let opened: TensorSource
  if (format === 'checkpoint') {
    const reader = sync ? openCheckpointSync(path) : yield* wait(openCheckpoint(path))
    opened = checkpointSource(reader, true)
  } else {
    opened = yield* openSource(path, format, sync)
  }
  return {
    source: opened,
    close: () => {
      opened.close()
    },
  }
}

function* write(
  operation: Operation,
  source: TensorSource,
  to: Format,
  path: string,
  options: CheckedOptions,
): Steps<TransferReport> {
  const { chosen, skipped } = select(source, options)
  const isState = to === 'checkpoint' && options.checkpoint.as === 'numpyState'
  const keepsOrder = to === 'npy' || to === 'npz' || isState
  const tensors = chosen.map((selected) => prepare(selected, keepsOrder, options))
  const bytes = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const report = { path, tensors: tensors.length, bytes, skipped }
  operation.begin('write', bytes)
  yield* writeAs(operation, to, path, tensors, source, options)
  return report
}

function prepare(
  { name, tensor }: Selected,
  keepsOrder: boolean,
  options: CheckedOptions,
): TensorStream {
  const ordered = keepsOrder ? tensor : inCOrder(tensor)
  return renamed(castAs(ordered, options.cast), name)
}

/** The same tensor by another name. */
function renamed(tensor: TensorStream, name: string): TensorStream {
  const { key, dtype, shape, itemsize, byteLength, fortranOrder, descr } = tensor
  return {
    ...{ name, key, dtype, shape, itemsize, byteLength, fortranOrder },
    ...(descr === undefined ? {} : { descr }),
    ...(tensor.strings === undefined ? {} : { strings: () => tensor.strings?.() as never }),
    stream: (scratch, sink) => tensor.stream(scratch, sink),
  }
}

function* writeAs(
  operation: Operation,
  to: Format,
  path: string,
  tensors: readonly TensorStream[],
  source: TensorSource,
  options: CheckedOptions,
): Steps<void> {
  const scratch = new Scratch()
  const { durable, compress } = options
  switch (to) {
    case 'npy': {
      const tensor = theOnly(tensors, path)
      yield* replaceBy(operation, path, durable, (file) => writeNpy(file, tensor, scratch))
      return
    }
    case 'npz':
      yield* replaceBy(operation, path, durable, (file) =>
        writeNpz(file, tensors, compress, scratch),
      )
      return
    case 'safetensors': {
      const metadata = options.metadata ?? source.metadata
      yield* replaceBy(operation, path, durable, (file) =>
        writeSafetensors(file, tensors, metadata, path, scratch),
      )
      return
    }
    case 'tfjs': {
      const { shardBytes, model } = options
      yield* writeTfjs(operation, path, tensors, { shardBytes, model, durable }, scratch)
      return
    }
    case 'checkpoint': {
      const values = planValues(tensors, options.checkpoint)
      yield* writeCheckpoint(operation, path, values, options.checkpoint, scratch)
    }
  }
}

/** @throws CheckpointError CKPT_UNSUPPORTED unless there is one tensor */
function theOnly(tensors: readonly TensorStream[], path: string): TensorStream {
  const [tensor] = tensors
  if (tensor !== undefined && tensors.length === 1) return tensor
  const feature = `${String(tensors.length)} arrays in a .npy`
  const message = `'${path}' holds one array, not ${String(tensors.length)}; choose it by 'filter', or write a .npz`
  throw new CheckpointError('CKPT_UNSUPPORTED', message, { feature, path })
}
