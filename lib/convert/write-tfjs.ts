/**
 * Writes a `model.json` of TensorFlow.js and the files of its weights.
 *
 * The files get names that are not taken, and the model.json is replaced last, at once: whoever loads
 * the model meanwhile gets all of the old one or all of the new one.
 *
 * @module
 */
import { basename, dirname, join } from 'node:path'
import { isDirectory, listDirectory, readWhole, syncDirectory } from '../bundle/files.js'
import type { Operation } from '../bundle/operation.js'
import { staged } from '../bundle/staged.js'
import { CheckpointError } from '../errors.js'
import {
  formatModelJson,
  isTfjsDType,
  manifestWeight,
  MAX_MODEL_JSON,
  parseManifest,
  STRING_LENGTH,
} from '../formats/tfjs.js'
import { removeFiles, type Staging } from '../native.js'
import { wait, type Steps } from '../twin.js'
import { move, OutputFile, writeFile } from './output.js'
import { streamMemory, type Scratch, type Sink, type TensorStream } from './tensor.js'

export interface TfjsOutput {
  /** Bytes of one file of weights at most. */
  readonly shardBytes: number
  /** Members of the model.json beside the weights. */
  readonly model: Readonly<Record<string, unknown>>
  readonly durable: boolean
}

/** @param path absolute, of the model.json */
export function* writeTfjs(
  operation: Operation,
  path: string,
  tensors: readonly TensorStream[],
  output: TfjsOutput,
  scratch: Scratch,
): Steps<void> {
  const { sync } = operation
  const directory = dirname(path)
  const weights = tensors.map(toWeight)
  const { durable } = output
  const isThere = yield* isDirectory(directory, sync)
  const taken = isThere ? yield* listDirectory(directory, sync) : []
  const old = taken.includes(basename(path)) ? yield* shardsOf(path, sync) : []
  yield* staged(operation, directory, durable, function* (staging) {
    const shards = new Shards(operation, staging, output)
    try {
      for (const tensor of tensors) {
        yield* streamWeight(tensor, scratch, (piece) => shards.append(piece))
      }
      yield* shards.finish()
    } finally {
      yield* shards.close()
    }
    const names = freeNames(shards.paths.length, taken)
    const text = Buffer.from(formatModelJson(names, weights, output.model))
    const model = yield* writeFile(operation, staging, 'model', durable, (file) =>
      file.append(text),
    )
    operation.end()
    operation.check()
    yield* publish(shards.paths, names, directory, model, path, durable, sync)
    operation.settle()
  })
  // The old model is replaced; files of its own that are left over are in nobody's way.
  if (old.length > 0) yield* removeOld(old, sync)
}

function toWeight({ name, key, dtype, shape }: TensorStream): object {
  if (isTfjsDType(dtype) || dtype === 'string' || dtype === 'float16') {
    return manifestWeight(name, dtype, shape)
  }
  const feature = `dtype ${dtype}`
  const to = /^(u?int|qu?int)/.test(dtype) ? 'int32' : 'float32'
  const wayOut = `cast it (cast: { ${dtype}: '${to}' }) or leave it out by 'filter'`
  const message = `'${key}' has ${feature}, which TensorFlow.js does not load; ${wayOut}`
  throw new CheckpointError('CKPT_UNSUPPORTED', message, { feature, key })
}

function* streamWeight(tensor: TensorStream, scratch: Scratch, sink: Sink): Steps<void> {
  if (tensor.strings === undefined) {
    yield* tensor.stream(scratch, sink)
    return
  }
  for (const string of tensor.strings()) {
    const head = Buffer.alloc(STRING_LENGTH)
    head.writeUInt32LE(string.length)
    yield* sink(head)
    yield* streamMemory(string, sink)
  }
}

/** Files of equal length, but for the last, in a staging directory. */
class Shards {
  readonly paths: string[] = []
  readonly #operation: Operation
  readonly #staging: Staging
  readonly #output: TfjsOutput
  #file: OutputFile | undefined

  constructor(operation: Operation, staging: Staging, output: TfjsOutput) {
    this.#operation = operation
    this.#staging = staging
    this.#output = output
  }

  *append(bytes: Uint8Array): Steps<void> {
    const { shardBytes } = this.#output
    for (let at = 0; at < bytes.length;) {
      const file = (this.#file ??= yield* this.#next())
      const part = bytes.subarray(at, at + shardBytes - file.length)
      yield* file.append(part)
      at += part.length
      if (file.length === shardBytes) yield* this.finish()
    }
  }

  *#next(): Steps<OutputFile> {
    const path = join(this.#staging.path, `weights-${String(this.paths.length)}`)
    this.paths.push(path)
    return yield* OutputFile.create(path, this.#operation)
  }

  /** Ends the file that is open. */
  *finish(): Steps<void> {
    if (this.#file !== undefined) yield* this.#file.finish(this.#output.durable)
    yield* this.close()
  }

  /** Gives up the file that is open. */
  *close(): Steps<void> {
    const file = this.#file
    this.#file = undefined
    if (file !== undefined) yield* file.close()
  }
}

/** As the converter of TensorFlow.js names them; another group's number where these are taken. */
function freeNames(count: number, taken: readonly string[]): string[] {
  const used = new Set(taken)
  for (let group = 1; ; group++) {
    const names = Array.from(
      { length: count },
      (_, i) => `group${String(group)}-shard${String(i + 1)}of${String(count)}.bin`,
    )
    if (names.every((name) => !used.has(name))) return names
  }
}

function* publish(
  from: readonly string[],
  names: readonly string[],
  directory: string,
  model: string,
  path: string,
  durable: boolean,
  sync: boolean,
): Steps<void> {
  const moved: string[] = []
  try {
    for (const [i, name] of names.entries()) {
      const target = join(directory, name)
      yield* move(from[i] ?? '', target, sync)
      moved.push(target)
    }
    // A model.json must never be durable before its weights.
    if (durable) yield* syncDirectory(directory, sync)
    yield* move(model, path, sync)
  } catch (error) {
    yield* wait(removeFiles(moved, sync))
    throw error
  }
  if (durable) yield* syncDirectory(directory, sync)
}

/** Files of the weights of the model that is about to be replaced, as far as we would name them so. */
function* shardsOf(path: string, sync: boolean): Steps<string[]> {
  try {
    const groups = parseManifest(yield* readWhole(path, MAX_MODEL_JSON, sync), path)
    const names = groups.flatMap(({ paths }) => paths)
    const ours = names.filter((name) => /^group\d+-shard\d+of\d+\.bin$/.test(name))
    return ours.map((name) => join(dirname(path), name))
  } catch {
    // What is there is no model: then it has no weights either.
    return []
  }
}

function* removeOld(paths: readonly string[], sync: boolean): Steps<void> {
  try {
    yield* wait(removeFiles(paths, sync))
  } catch {
    // They are in nobody's way.
  }
}
