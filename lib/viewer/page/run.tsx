/**
 * The checkpoints of a run: what each of them takes, its metric, and how a tensor moves.
 *
 * @module
 */
import type { JSX } from 'preact'
import type { Catalog, CheckpointItem, Contents, TensorItem } from '../wire.js'
import { Chart, type Line } from './chart.js'
import type { Theme } from './colours.js'
import { ageText, bytesText, numberText, timeText } from './format.js'
import { Figures, Panel, type Figure } from './panel.js'
import { hashBelow, hashOf, type RunRoute } from './route.js'
import { placeOf, Trend } from './trend.js'

export interface RunViewProps {
  readonly catalog: Catalog
  /** Of the newest checkpoint; undefined while it is read. */
  readonly contents: Contents | undefined
  readonly route: RunRoute
  readonly theme: Theme
  readonly go: (hash: string, replaces?: boolean) => void
}

export function RunView({ catalog, contents, route, theme, go }: RunViewProps): JSX.Element {
  const { checkpoints, path, version } = catalog
  const onCheckpoint = (id: string): void => {
    go(hashBelow(id))
  }
  const numeric = contents?.tensors.filter((tensor) => tensor.numeric) ?? []
  const chosen = numeric.find(({ name }) => name === route.tensor) ?? largestOf(numeric)
  const hasMetric = checkpoints.some(({ metric }) => metric !== undefined)
  return (
    <>
      <header class="heading">
        <h1>{path.split('/').at(-1)}</h1>
        <p class="key">{path}</p>
        <Figures figures={figuresOf(catalog)} />
      </header>
      <Panel
        title="Storage"
        note="new bytes, and those shared with an earlier checkpoint"
        wide={!hasMetric}
      >
        <Storage {...{ checkpoints, theme, onCheckpoint }} />
      </Panel>
      {hasMetric && (
        <Panel title="Metric" note="as the manager was told">
          <Metric {...{ checkpoints, theme, onCheckpoint }} />
        </Panel>
      )}
      <Panel title="Checkpoints" wide>
        <Table checkpoints={checkpoints} />
      </Panel>
      {chosen !== undefined && checkpoints.length > 1 && (
        <>
          <Choice
            tensors={numeric}
            chosen={chosen}
            onChoice={(tensor) => {
              go(hashOf({ view: 'run', tensor }), true)
            }}
          />
          <Trend {...{ checkpoints, theme, version, onCheckpoint }} tensor={chosen} />
        </>
      )}
    </>
  )
}

const largestOf = (tensors: readonly TensorItem[]): TensorItem | undefined =>
  tensors.reduce<TensorItem | undefined>(
    (most, each) => (each.bytes > (most?.bytes ?? -1) ? each : most),
    undefined,
  )

function figuresOf({ checkpoints, realBytes, apparentBytes }: Catalog): Figure[] {
  const newest = checkpoints.at(-1)
  const saved = apparentBytes - realBytes
  const broken = checkpoints.filter(({ problem }) => problem !== undefined).length
  return [
    { label: 'checkpoints', value: String(checkpoints.length) },
    { label: 'on disk', value: bytesText(realBytes) },
    ...(saved > 0
      ? [{ label: 'saved by links', value: bytesText(saved), tone: 'good' } as const]
      : []),
    ...(newest?.step === undefined
      ? []
      : [{ label: 'step', value: newest.step.toLocaleString('en') }]),
    ...(newest === undefined
      ? []
      : [{ label: 'last save', value: ageText(newest.time), title: timeText(newest.time) }]),
    ...(broken > 0 ? [{ label: 'unusable', value: String(broken), tone: 'bad' } as const] : []),
  ]
}

interface ChartsProps {
  readonly checkpoints: readonly CheckpointItem[]
  readonly theme: Theme
  readonly onCheckpoint: (id: string) => void
}

function RunChart({
  checkpoints,
  theme,
  onCheckpoint,
  ...rest
}: ChartsProps & {
  readonly label: string
  readonly lines: readonly Line[]
  readonly yText?: (value: number) => string
  readonly fromZero?: boolean
}): JSX.Element {
  const itemAt = (i: number): CheckpointItem | undefined => checkpoints[i]
  return (
    <Chart
      {...rest}
      xLabel="checkpoint"
      x={checkpoints.map((_, i) => i)}
      xText={(i) => {
        const item = itemAt(i)
        return item === undefined ? '' : placeOf(item)
      }}
      theme={theme}
      height={220}
      whole
      onPick={(i) => {
        const item = itemAt(i)
        if (item !== undefined) onCheckpoint(item.id)
      }}
    />
  )
}

function Storage(props: ChartsProps): JSX.Element {
  const { checkpoints } = props
  // The bar of all bytes stands behind that of the new ones: what is seen of it is what is linked.
  const lines: Line[] = [
    {
      label: 'all',
      values: checkpoints.map(({ bytes }) => bytes),
      colour: 6,
      as: 'bars',
      text: bytesText,
    },
    {
      label: 'new',
      values: checkpoints.map(({ newBytes }) => newBytes),
      colour: 0,
      as: 'bars',
      text: bytesText,
    },
  ]
  return (
    <RunChart
      {...props}
      label="bytes of each checkpoint"
      lines={lines}
      yText={bytesText}
      fromZero
    />
  )
}

function Metric(props: ChartsProps): JSX.Element {
  const values = props.checkpoints.map(({ metric }) => metric ?? null)
  return (
    <RunChart
      {...props}
      label="metric of each checkpoint"
      lines={[{ label: 'metric', values, colour: 3 }]}
    />
  )
}

interface Column {
  readonly title: string
  readonly of: (item: CheckpointItem) => string | undefined
  /** Left out where no checkpoint has any. */
  readonly optional?: true
}

const COLUMNS: readonly Column[] = [
  { title: 'step', of: ({ step }) => step?.toLocaleString('en'), optional: true },
  {
    title: 'metric',
    of: ({ metric }) => (metric === undefined ? undefined : numberText(metric)),
    optional: true,
  },
  { title: 'saved', of: ({ time }) => ageText(time) },
  { title: 'size', of: ({ bytes }) => bytesText(bytes) },
  { title: 'new', of: ({ newBytes }) => bytesText(newBytes) },
  {
    title: 'linked',
    of: ({ linkedBytes }) => (linkedBytes === 0 ? undefined : bytesText(linkedBytes)),
    optional: true,
  },
]

function Table({ checkpoints }: { readonly checkpoints: readonly CheckpointItem[] }): JSX.Element {
  const columns = COLUMNS.filter(
    ({ optional, of }) => optional !== true || checkpoints.some((item) => of(item) !== undefined),
  )
  return (
    <div class="scroll" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">checkpoint</th>
            {columns.map(({ title }) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
            <th scope="col" class="status">
              status
            </th>
          </tr>
        </thead>
        <tbody>
          {checkpoints.toReversed().map((item) => (
            <tr key={item.id}>
              <th scope="row">
                <a href={hashBelow(item.id)}>{item.id}</a>
              </th>
              {columns.map(({ title, of }) => (
                <td key={title}>{of(item)}</td>
              ))}
              <td class={item.problem === undefined ? 'status' : 'status bad'} title={item.problem}>
                {item.problem !== undefined ? `✗ ${item.problem}` : statusOf(item)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const statusOf = ({ latest, pinned }: CheckpointItem): string =>
  [latest ? 'latest' : '', pinned ? 'pinned' : ''].filter(Boolean).join(', ') || 'ok'

interface ChoiceProps {
  readonly tensors: readonly TensorItem[]
  readonly chosen: TensorItem
  readonly onChoice: (name: string) => void
}

/** Names that a list can hold; all of them are in the tree of a checkpoint. */
const MAX_CHOICES = 2000

function Choice({ tensors, chosen, onChoice }: ChoiceProps): JSX.Element {
  return (
    <div class="controls choice">
      <label>
        Course of{' '}
        <select
          value={chosen.name}
          onChange={(event) => {
            onChoice(event.currentTarget.value)
          }}
        >
          {tensors.slice(0, MAX_CHOICES).map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}
