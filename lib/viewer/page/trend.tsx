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
  const line = (
    label: string,
    colour: number,
    of: (point: TrendPoint) => number | undefined,
  ): Line => {
    return { label, colour, values: points.map((point) => of(point) ?? null) }
  }
  const common = { x, xText, xLabel: 'checkpoint', theme, height: 200, whole: true }
  const onPick = (i: number): void => {
    const id = points[i]?.id
    if (id !== undefined) onCheckpoint(id)
  }
  return (
    <div class="charts">
      <figure>
        <figcaption>Norm</figcaption>
        <Chart
          {...common}
          onPick={onPick}
          label={`norm of ${name}`}
          lines={[line('norm', 0, ({ norm }) => norm)]}
        />
      </figure>
      <figure>
        <figcaption>Mean and standard deviation</figcaption>
        <Chart
          {...common}
          onPick={onPick}
          label={`mean of ${name}`}
          lines={[line('mean', 2, ({ mean }) => mean), line('std', 1, ({ std }) => std)]}
        />
      </figure>
      <figure>
        <figcaption>Difference to the checkpoint before</figcaption>
        <Chart
          {...common}
          onPick={onPick}
          fromZero
          label={`difference of ${name} to the checkpoint before`}
          lines={[
            line('mean |Δ|', 3, ({ meanChange }) => meanChange),
            line('max |Δ|', 4, ({ maxChange }) => maxChange),
          ]}
        />
      </figure>
      <figure>
        <figcaption>Smallest and largest</figcaption>
        <Chart
          {...common}
          onPick={onPick}
          label={`range of ${name}`}
          lines={[line('max', 4, ({ max }) => max), line('min', 5, ({ min }) => min)]}
        />
      </figure>
    </div>
  )
}
