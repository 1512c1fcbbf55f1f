/**
 * `convert`: from one format to another.
 *
 * @module
 */
import { convert } from '../../convert/import.js'
import type { ConvertOptions } from '../../convert/options.js'
import { prefixOf } from '../../inspect/open.js'
import { GOOD, type Call } from '../spec.js'
import type { Terminal } from '../terminal.js'
import { bytesText, countText, harmless, pathText } from '../text.js'

export async function run({ terminal, args, options }: Call): Promise<number> {
  const [source = '', destination = ''] = args
  const progress = await terminal.progress('convert')
  const given = { ...chosen(options), onProgress: progress.update }
  try {
    const report = await convert(prefixOf(source), destination, given)
    progress.stop()
    if (terminal.json) terminal.printJson(report)
    else print(report, given.filter === undefined, terminal)
    return GOOD
  } finally {
    progress.stop()
  }
}

function chosen(options: Call['options']): ConvertOptions {
  const { filter, cast, compress, as, attribute, from, to } = options as ConvertOptions
  // The interface takes only what was given: `exactOptionalPropertyTypes`.
  const all = { filter, cast, compress, as, attribute, from, to }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

function print(
  { path, tensors, bytes, skipped }: Awaited<ReturnType<typeof convert>>,
  tellsSkipped: boolean,
  terminal: Terminal,
): void {
  const written = `${countText(tensors, 'tensor')}, ${bytesText(bytes)}`
  terminal.print(`${pathText(path)}: ${written}`)
  // What a filter leaves out is no news.
  if (tellsSkipped && skipped.length > 0)
    terminal.print(`left out: ${skipped.map(harmless).join(', ')}`)
}
