/**
 * How one tensor moves from checkpoint to checkpoint.
 *
 * @module
 */
import type { JSX } from 'preact'
import type { CheckpointItem, TensorItem, TrendPoint } from '../wire.js'
import { Chart, type Line } from './chart.js'
import type { Theme } from './colours.js'
import { AnswerBox, Panel, useConsent } from './panel.js'
import { useAnswer } from './use-answer.js'

export interface TrendProps {
  readonly tensor: TensorItem
  readonly checkpoints: readonly CheckpointItem[]
  readonly theme: Theme
  readonly version: string
  readonly onCheckpoint: (id: string) => void
}

export const placeOf = ({ step, number, id }: CheckpointItem): string =>
  step !== undefined ? `step ${String(step)}` : number !== undefined ? `#${String(number)}` : id

export function Trend({
  tensor,
  checkpoints,
  theme,
  version,
  onCheckpoint,
}: TrendProps): JSX.Element {
  const { key, name, bytes } = tensor
  const [may, button] = useConsent(2 * bytes * checkpoints.length, `${key} ${version}`)
  const answered = useAnswer('trend', may ? { key } : undefined, { version })
  return (
    <Panel title="Over the run" note={<code>{name}</code>} wide>
      {!may && button}
      <AnswerBox answered={answered} height={may ? 500 : 0}>
        {(points) => <Charts {...{ points, checkpoints, theme, name, onCheckpoint }} />}
      </AnswerBox>
    </Panel>
  )
}

interface Course {
  readonly title: string
  /** For those who do not see it. */
  readonly what: string
  readonly lines: readonly {
    readonly figure: Exclude<keyof TrendPoint, 'id' | 'missing'>
    readonly label: string
    readonly colour: number
  }[]
  readonly fromZero?: boolean
}

const COURSES: readonly Course[] = [
  { title: 'Norm', what: 'norm', lines: [{ figure: 'norm', label: 'norm', colour: 0 }] },
  {
    title: 'Mean and standard deviation',
    what: 'mean',
    lines: [
      { figure: 'mean', label: 'mean', colour: 2 },
      { figure: 'std', label: 'std', colour: 1 },
    ],
  },
  {
    title: 'Difference to the checkpoint before',
    what: 'difference to the checkpoint before',
    lines: [
      { figure: 'meanChange', label: 'mean |Δ|', colour: 3 },
      { figure: 'maxChange', label: 'max |Δ|', colour: 4 },
    ],
    fromZero: true,
  },
  {
    title: 'Smallest and largest',
    what: 'range',
    lines: [
      { figure: 'max', label: 'max', colour: 4 },
      { figure: 'min', label: 'min', colour: 5 },
    ],
  },
]

interface ChartsProps extends Pick<TrendProps, 'checkpoints' | 'theme' | 'onCheckpoint'> {
  readonly points: readonly TrendPoint[]
  readonly name: string
}

function Charts({ points, checkpoints, theme, name, onCheckpoint }: ChartsProps): JSX.Element {
  const x = points.map((_, i) => i)
  const byId = new Map(checkpoints.map((item) => [item.id, item]))
  const xText = (i: number): string => {
    const item = byId.get(points[i]?.id ?? '')
    return item === undefined ? '' : placeOf(item)
  }
  const common = { x, xText, xLabel: 'checkpoint', theme, height: 200, whole: true }
  const onPick = (i: number): void => {
    const id = points[i]?.id
    if (id !== undefined) onCheckpoint(id)
  }
  return (
    <div class="charts">
      {COURSES.map(({ title, what, lines, fromZero = false }) => (
        <figure key={what}>
          <figcaption>{title}</figcaption>
          <Chart
            {...{ ...common, onPick, fromZero }}
            label={`${what} of ${name}`}
            lines={lines.map(({ figure, label, colour }): Line => {
              return { label, colour, values: points.map((point) => point[figure] ?? null) }
            })}
          />
        </figure>
      ))}
    </div>
  )
}
