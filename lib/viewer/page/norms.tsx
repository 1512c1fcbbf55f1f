/**
 * How large the weights are, tensor by tensor or layer by layer.
 *
 * @module
 */
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Contents, TensorNorm } from '../wire.js'
import { numberText, plural } from './format.js'
import { AnswerBox, Panel, useConsent } from './panel.js'
import { hashBelow, hashOf } from './route.js'
import { useAnswer } from './use-answer.js'

/** More would be a list, which the tree is already. */
const BARS = 100

type By = 'norm' | 'rms'
type Of = 'tensors' | 'layers'

export interface NormsProps {
  readonly checkpoint: string
  readonly contents: Contents
  /** Path below which they are. */
  readonly below: string
  readonly version: string
}

export function Norms({ checkpoint, contents, below, version }: NormsProps): JSX.Element {
  const [may, button] = useConsent(contents.bytes, checkpoint)
  const [by, setBy] = useState<By>('norm')
  const [of, setOf] = useState<Of>('layers')
  const answered = useAnswer('norms', may ? { checkpoint } : undefined, { version })
  const choice = (
    <>
      <Select
        label="of"
        value={of}
        choices={{ layers: 'layers', tensors: 'tensors' }}
        onChoice={setOf}
      />{' '}
      <Select
        label="by"
        value={by}
        choices={{ norm: 'norm', rms: 'root mean square' }}
        onChoice={setBy}
      />
    </>
  )
  return (
    <Panel title="Weights" note={choice}>
      {!may && button}
      <AnswerBox answered={answered} height={may ? heightOf(contents, below, of) : 0}>
        {(norms) => {
          const own = norms.filter(({ name }) => isBelow(name, below))
          const tensors = new Set(own.map(({ name }) => name))
          const shown = of === 'layers' ? layersOf(own) : own
          return <Bars {...{ checkpoint, by, of, tensors }} norms={shown} />
        }}
      </AnswerBox>
    </Panel>
  )
}

/** Pixels of a bar and of all of them at the most, as in style.css. */
const BAR = 26
const HEIGHT = 320

/** What the bars will take, before they are there. */
function heightOf({ tensors }: Contents, below: string, of: Of): number {
  const own = tensors.filter(
    ({ dtype, name }) => /float|complex/.test(dtype) && isBelow(name, below),
  )
  const names = new Set(own.map(({ name }) => (of === 'layers' ? layerOf(name) : name)))
  return Math.min(HEIGHT, BAR * names.size)
}

interface SelectProps<T extends string> {
  readonly label: string
  readonly value: T
  readonly choices: Readonly<Record<T, string>>
  readonly onChoice: (value: T) => void
}

function Select<T extends string>({
  label,
  value,
  choices,
  onChoice,
}: SelectProps<T>): JSX.Element {
  return (
    <label>
      {label}{' '}
      <select
        value={value}
        onChange={(event) => {
          onChoice(event.currentTarget.value as T)
        }}
      >
        {Object.entries<string>(choices).map(([choice, text]) => (
          <option key={choice} value={choice}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

const isBelow = (name: string, path: string): boolean =>
  path === '' || name === path || name.startsWith(`${path}/`)

const layerOf = (name: string): string => {
  const end = name.lastIndexOf('/')
  return end < 0 ? name : name.slice(0, end)
}

/** All tensors of an object together: a layer has its kernel and its bias. */
function layersOf(norms: readonly TensorNorm[]): TensorNorm[] {
  const layers = new Map<string, TensorNorm>()
  for (const { name, norm, count } of norms) {
    const layer = layerOf(name)
    const before = layers.get(layer)
    const both = Math.hypot(before?.norm ?? 0, norm)
    const all = (before?.count ?? 0) + count
    layers.set(layer, { key: layer, name: layer, norm: both, count: all })
  }
  return [...layers.values()]
}

/** The norm without the size. */
const rmsOf = ({ norm, count }: TensorNorm): number => norm / Math.sqrt(Math.max(1, count))

interface BarsProps {
  readonly checkpoint: string
  readonly norms: readonly TensorNorm[]
  readonly by: By
  readonly of: Of
  /** Names of all tensors. */
  readonly tensors: ReadonlySet<string>
}

function Bars({ checkpoint, norms, by, of, tensors }: BarsProps): JSX.Element {
  if (norms.length === 0) return <p class="hint">no floating-point numbers here</p>
  // A layer without a name of its own is its tensor.
  const valued = norms.map((each) => ({ ...each, value: by === 'norm' ? each.norm : rmsOf(each) }))
  valued.sort((a, b) => b.value - a.value)
  const most = valued[0]?.value || 1
  return (
    <>
      <ol class="bars">
        {valued.slice(0, BARS).map(({ key, name, value }) => (
          <li key={key}>
            <a
              title={name}
              href={
                of === 'layers' && !tensors.has(name)
                  ? hashBelow(checkpoint, name)
                  : hashOf({ view: 'tensor', checkpoint, tensor: name, slice: {} })
              }
            >
              {name}
            </a>
            <span class="bar">
              <span style={{ width: `${String((100 * value) / most)}%` }} />
            </span>
            <span class="size">{numberText(value)}</span>
          </li>
        ))}
      </ol>
      {valued.length > BARS && (
        <p class="hint">and {plural(valued.length - BARS, 'smaller one')}</p>
      )}
    </>
  )
}
