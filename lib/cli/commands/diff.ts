/**
 * `diff`: what differs between two checkpoints, or files.
 *
 * @module
 */
import { accepting } from '../../inspect/contents.js'
import { diff, type Difference, type DiffReport, type Kind } from '../../inspect/diff.js'
import { openAny } from '../../inspect/open.js'
import { FINDING, GOOD, type Call } from '../spec.js'
import { tableText } from '../table.js'
import type { Style, Terminal } from '../terminal.js'
import { countText, harmless, numberText } from '../text.js'

interface Options {
  readonly rtol?: number
  readonly atol?: number
  readonly equalNan?: boolean
  readonly ignoreCounters?: boolean
  readonly filter?: readonly string[]
}

export async function run({ terminal, args, options }: Call): Promise<number> {
  const report = await compare(args, options, terminal)
  if (terminal.json) terminal.printJson(report)
  else print(report, terminal)
  return report.equal ? GOOD : FINDING
}

async function compare(
  [first = '', second = '']: readonly string[],
  { rtol = 0, atol = 0, equalNan = false, ignoreCounters = false, filter = [] }: Options,
  terminal: Terminal,
): Promise<DiffReport> {
  const progress = await terminal.progress('compare')
  const a = openAny(first)
  try {
    const b = openAny(second)
    try {
      const accepts = accepting(filter)
      const onProgress = progress.update
      return diff(a, b, { rtol, atol, equalNan, ignoreCounters, accepts, onProgress })
    } finally {
      b.source.close()
    }
  } finally {
    a.source.close()
    progress.stop()
  }
}

const MARKS: Readonly<Record<Difference['kind'], readonly [mark: string, style: Style]>> = {
  removed: ['-', 'red'],
  added: ['+', 'green'],
  reshaped: ['!', 'yellow'],
  changed: ['~', 'yellow'],
}

function print({ differences, same }: DiffReport, terminal: Terminal): void {
  if (differences.length > 0) {
    const columns = [{ title: '' }, { title: 'NAME', flexible: true }, { title: 'DIFFERENCE' }]
    const rows = differences.map((difference) => {
      const [mark, style] = MARKS[difference.kind]
      return [terminal.style(style, mark), harmless(difference.name), textOf(difference)]
    })
    terminal.print(tableText(columns, rows, terminal.columns))
  }
  terminal.print(summaryOf(differences, same))
}

function summaryOf(differences: readonly Difference[], same: number): string {
  if (differences.length === 0) return `${countText(same, 'tensor')}, all equal`
  const counts = (['removed', 'added', 'reshaped', 'changed'] as const).flatMap((kind) => {
    const count = differences.filter((difference) => difference.kind === kind).length
    return count === 0 ? [] : [`${count} ${kind}`]
  })
  return [...counts, `${same} equal`].join(', ')
}

const kindText = ({ dtype, shape }: Kind): string => `${dtype} [${shape.join(', ')}]`

function textOf(difference: Difference): string {
  switch (difference.kind) {
    case 'removed':
    case 'added':
      return `${difference.kind}: ${kindText(difference.tensor)}`
    case 'reshaped':
      return `reshaped: ${kindText(difference.from)} -> ${kindText(difference.to)}`
    case 'changed': {
      const { changed, elements, nan, maxDifference, meanDifference, dtype } = difference
      const count = `changed: ${changed} of ${elements}`
      if (dtype === 'string' || dtype === 'void') return count
      const sizes = `max ${numberText(maxDifference)}, mean ${numberText(meanDifference)}`
      return `${count}, ${sizes}${nan === 0 ? '' : `, ${nan} NaN (see --equal-nan)`}`
    }
  }
}
