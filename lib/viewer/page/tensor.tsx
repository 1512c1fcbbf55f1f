/**
 * One tensor: what it is, what its numbers are like, a slice of them, and its course over the run.
 *
 * @module
 */
import type { JSX } from 'preact'
import type { Catalog, Contents, TensorItem, TensorStatistics } from '../wire.js'
import { Chart } from './chart.js'
import type { Theme } from './colours.js'
import { bytesText, countText, numberText, shapeText } from './format.js'
import { AnswerBox, Figures, Panel, useConsent, type Figure } from './panel.js'
import { hashBelow, hashOf, type SliceRoute, type TensorRoute } from './route.js'
import { SlicePanel } from './slice-panel.js'
import { stampOf } from './stamp.js'
import { Trend } from './trend.js'
import { useAnswer } from './use-answer.js'

export interface TensorViewProps {
  readonly catalog: Catalog
  readonly contents: Contents
  readonly route: TensorRoute
  readonly theme: Theme
  readonly go: (hash: string, replaces?: boolean) => void
}

export function TensorView({ catalog, contents, route, theme, go }: TensorViewProps): JSX.Element {
  const { checkpoint, tensor: name } = route
  const tensor = contents.tensors.find((each) => each.name === name)
  if (tensor === undefined) {
    return (
      <p class="failure" role="alert">
        <code>{name}</code> is not in {checkpoint}. <a href={hashBelow(checkpoint)}>What is</a>
      </p>
    )
  }
  const onRoute = (slice: SliceRoute, replaces = false): void => {
    go(hashOf({ ...route, slice }), replaces)
  }
  const version = stampOf(catalog, checkpoint)
  const hasSlice = tensor.numeric && tensor.shape.length > 0 && !tensor.shape.includes(0)
  return (
    <>
      <Heading {...{ checkpoint, tensor }} />
      {tensor.numeric && <Statistics {...{ checkpoint, tensor, theme, version }} />}
      {hasSlice && (
        <SlicePanel
          key={`${checkpoint} ${tensor.key}`}
          {...{ checkpoint, tensor, theme, version, onRoute }}
          route={route.slice}
        />
      )}
      {tensor.problem === undefined ? (
        <Text {...{ checkpoint, tensor, version }} />
      ) : (
        <p class="failure" role="alert">
          {tensor.problem}
        </p>
      )}
      {tensor.numeric && catalog.kind === 'run' && catalog.checkpoints.length > 1 && (
        <Trend
          {...{ tensor, theme }}
          checkpoints={catalog.checkpoints}
          version={catalog.version}
          onCheckpoint={(id) => {
            go(hashOf({ ...route, checkpoint: id }))
          }}
        />
      )}
    </>
  )
}

interface TensorProps {
  readonly checkpoint: string
  readonly tensor: TensorItem
}

function Heading({ checkpoint, tensor }: TensorProps): JSX.Element {
  const { name, dtype, shape, bytes, aliases = [], key } = tensor
  const parts = name.split('/')
  const elements = shape.reduce((count, length) => count * length, 1)
  const figures: Figure[] = [
    { label: 'dtype', value: dtype },
    { label: 'shape', value: shapeText(shape), title: `[${shape.join(', ')}]` },
    { label: 'elements', value: countText(elements), title: elements.toLocaleString('en') },
    { label: 'bytes', value: bytesText(bytes), title: bytes.toLocaleString('en') },
  ]
  return (
    <header class="heading">
      <h1>
        {parts.map((part, i) => (
          <span key={i}>
            {i > 0 && <wbr />}
            {i < parts.length - 1 ? (
              <a href={hashBelow(checkpoint, parts.slice(0, i + 1).join('/'))}>{part}</a>
            ) : (
              part
            )}
            {i < parts.length - 1 && <i>/</i>}
          </span>
        ))}
      </h1>
      {key !== name && <p class="key">{key}</p>}
      {aliases.length > 0 && <p class="key">also {aliases.join(', ')}</p>}
      <Figures figures={figures} />
    </header>
  )
}

interface StatisticsProps extends TensorProps {
  readonly theme: Theme
  readonly version: string
}

function Statistics({ checkpoint, tensor, theme, version }: StatisticsProps): JSX.Element {
  const { key, bytes, name } = tensor
  const [may, button] = useConsent(2 * bytes, `${checkpoint} ${key}`)
  const answered = useAnswer('statistics', may ? { checkpoint, key } : undefined, { version })
  return (
    <Panel title="Distribution" wide>
      {!may && button}
      <AnswerBox answered={answered} height={may ? 324 : 0}>
        {(statistics) => (
          <>
            <Figures figures={figuresOf(statistics)} />
            <Histogram {...{ statistics, theme, name }} />
          </>
        )}
      </AnswerBox>
    </Panel>
  )
}

function figuresOf({ min, max, mean, std, norm, nan, infinite }: TensorStatistics): Figure[] {
  const tone = (count: number): Partial<Figure> => (count > 0 ? { tone: 'bad' } : {})
  return [
    { label: 'min', value: numberText(min) },
    { label: 'max', value: numberText(max) },
    { label: 'mean', value: numberText(mean) },
    { label: 'std', value: numberText(std) },
    { label: 'norm', value: numberText(norm) },
    { label: 'NaN', value: nan.toLocaleString('en'), ...tone(nan) },
    { label: 'infinite', value: infinite.toLocaleString('en'), ...tone(infinite) },
  ]
}

interface HistogramProps {
  readonly statistics: TensorStatistics
  readonly theme: Theme
  readonly name: string
}

function Histogram({ statistics, theme, name }: HistogramProps): JSX.Element | null {
  const { histogram, min, max } = statistics
  if (histogram === undefined || min === undefined || max === undefined) return null
  if (min === max) return <p class="hint">all of them are {numberText(min)}</p>
  // Not by the width of a bar, which may be past all numbers.
  const place = (i: number): number => (i + 0.5) / histogram.length
  const x = histogram.map((_, i) => min * (1 - place(i)) + max * place(i))
  const line = {
    label: 'elements',
    values: histogram,
    colour: 0,
    as: 'bars',
    barWidth: 0.92,
    text: countText,
  } as const
  return (
    <Chart
      label={`histogram of ${name}`}
      {...{ x, theme }}
      lines={[line]}
      height={230}
      yText={countText}
      fromZero
    />
  )
}

function Text({
  checkpoint,
  tensor,
  version,
}: TensorProps & { readonly version: string }): JSX.Element {
  const answered = useAnswer('values', { checkpoint, key: tensor.key }, { version })
  return (
    <Panel title="As NumPy prints it" wide>
      <AnswerBox answered={answered} height={48}>
        {({ text }) => <pre tabIndex={0}>{text}</pre>}
      </AnswerBox>
    </Panel>
  )
}
