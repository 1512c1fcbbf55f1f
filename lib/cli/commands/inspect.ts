/**
 * `inspect`: what is in a checkpoint or a file.
 *
 * @module
 */
import { contentsOf, type ListedTensor } from '../../inspect/contents.js'
import { openAny, type Opened } from '../../inspect/open.js'
import { sparkline } from '../../inspect/sparkline.js'
import type { Statistics } from '../../inspect/statistics.js'
import { treeLines } from '../../inspect/tree.js'
import { GOOD, type Call } from '../spec.js'
import { tableText, type Column } from '../table.js'
import type { Terminal } from '../terminal.js'
import { bytesText, countText, harmless, numberText, pathText } from '../text.js'

interface Options {
  readonly filter?: readonly string[]
  readonly stats?: boolean
  readonly flat?: boolean
}

const COLUMNS: readonly Column[] = [
  { title: 'NAME', flexible: true },
  { title: 'DTYPE' },
  { title: 'SHAPE' },
  { title: 'SIZE', align: 'right' },
]

const STATISTICS: readonly Column[] = [
  { title: 'MIN', align: 'right' },
  { title: 'MAX', align: 'right' },
  { title: 'MEAN', align: 'right' },
  { title: 'STD', align: 'right' },
  { title: 'NAN', align: 'right' },
  { title: 'INF', align: 'right' },
  { title: 'HISTOGRAM' },
]

export async function run({ terminal, args, options }: Call): Promise<number> {
  const [path = ''] = args
  const { filter = [], stats = false, flat = false } = options as Options
  const opened = openAny(path)
  try {
    const tensors = await look(opened, filter, stats, terminal)
    if (terminal.json) terminal.printJson(documentOf(opened, tensors))
    else print(opened, tensors, flat, stats, terminal)
    return GOOD
  } finally {
    opened.source.close()
  }
}

async function look(
  { source }: Opened,
  globs: readonly string[],
  statistics: boolean,
  terminal: Terminal,
): Promise<ListedTensor[]> {
  const progress = await terminal.progress('read')
  try {
    return contentsOf(source, { globs, statistics, onProgress: progress.update })
  } finally {
    progress.stop()
  }
}

const total = (tensors: readonly ListedTensor[]): number =>
  tensors.reduce((sum, { byteLength }) => sum + byteLength, 0)

const documentOf = ({ path, format }: Opened, tensors: readonly ListedTensor[]): object => {
  return { path, format, bytes: total(tensors), tensors }
}

function print(
  { path }: Opened,
  tensors: readonly ListedTensor[],
  flat: boolean,
  stats: boolean,
  terminal: Terminal,
): void {
  terminal.print(terminal.style('bold', pathText(path)))
  const lines = flat
    ? tensors.map((tensor) => ({ label: tensor.name, item: tensor }))
    : treeLines(tensors, ({ name }) => name)
  const rows = lines.map(({ label, item }) => rowOf(harmless(label), item, stats))
  const columns = stats ? [...COLUMNS, ...STATISTICS] : COLUMNS
  if (rows.length > 0) terminal.print(tableText(columns, rows, terminal.columns))
  terminal.print(`${countText(tensors.length, 'tensor')}, ${bytesText(total(tensors))}`)
}

function rowOf(label: string, tensor: ListedTensor | undefined, stats: boolean): string[] {
  const width = COLUMNS.length + (stats ? STATISTICS.length : 0)
  if (tensor === undefined) return [label, ...new Array<string>(width - 1).fill('')]
  const { dtype, shape, byteLength, statistics } = tensor
  const cells = [label, dtype, `[${shape.join(', ')}]`, bytesText(byteLength)]
  return statistics === undefined ? cells : [...cells, ...statisticsCells(statistics)]
}

function statisticsCells({ min, max, mean, std, nan, infinite, histogram }: Statistics): string[] {
  const numbers = [min, max, mean, std].map(numberText)
  const counts = [nan, infinite].map((count) => (count === 0 ? '-' : String(count)))
  return [...numbers, ...counts, histogram === undefined ? '' : sparkline(histogram)]
}
