/**
 * `show`: the values of one tensor.
 *
 * @module
 */
import type { SourceEntry, TensorSource } from '../../convert/tensor.js'
import { CheckpointError } from '../../errors.js'
import { arrayText } from '../../inspect/array-text.js'
import { nestedValues } from '../../inspect/json-values.js'
import { openAny } from '../../inspect/open.js'
import { GOOD, type Call } from '../spec.js'

interface Options {
  readonly full?: boolean
  readonly edge?: number
}

export function run({ terminal, args, options }: Call): number {
  const [path = '', key = ''] = args
  const { full = false, edge = 3 } = options as Options
  const opened = openAny(path)
  try {
    const entry = findEntry(opened.source, key, opened.path)
    const tensor = entry.open()
    const { dtype, shape } = tensor
    const array = tensor.read()
    if (terminal.json) {
      const { name } = entry
      terminal.printJson({ name, key: entry.key, dtype, shape, values: nestedValues(array) })
      return GOOD
    }
    const threshold = full ? Infinity : 1000
    const { columns: width = 75 } = terminal
    const text = arrayText(array, { threshold, edge, width })
    terminal.print(terminal.style('dim', `${dtype} [${shape.join(', ')}]`))
    terminal.print(text)
    return GOOD
  } finally {
    opened.source.close()
  }
}

/** By its key or by its name. */
function findEntry({ entries }: TensorSource, key: string, path: string): SourceEntry {
  const found =
    entries.find((entry) => entry.key === key) ?? entries.find(({ name }) => name === key)
  if (found !== undefined) return found
  const like = entries.map(({ name }) => name).filter((name) => name.includes(key))
  const hint =
    like.length > 0 && like.length <= 5
      ? `did you mean ${like.map((name) => `'${name}'`).join(', ')}?`
      : `'inspect' lists the names of all ${entries.length} tensors`
  const message = `no tensor '${key}' in '${path}'; ${hint}`
  throw new CheckpointError('CKPT_NOT_FOUND', message, { path, key })
}
