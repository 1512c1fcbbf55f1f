/**
 * What views are made of.
 *
 * @module
 */
import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Progress } from '../wire.js'
import type { AskError } from './ask.js'
import { bytesText } from './format.js'
import type { Answered } from './use-answer.js'

export interface PanelProps {
  readonly title: string
  readonly note?: ComponentChildren
  readonly children: ComponentChildren
  readonly wide?: boolean
}

export function Panel({ title, note, children, wide = false }: PanelProps): JSX.Element {
  return (
    <section class={wide ? 'panel wide' : 'panel'}>
      <header>
        <h2>{title}</h2>
        {note !== undefined && <div class="note">{note}</div>}
      </header>
      {children}
    </section>
  )
}

export interface Figure {
  readonly label: string
  readonly value: string
  readonly title?: string
  readonly tone?: 'good' | 'bad'
}

export function Figures({ figures }: { readonly figures: readonly Figure[] }): JSX.Element {
  return (
    <dl class="figures">
      {figures.map(({ label, value, title, tone }) => (
        <div key={label} class={tone ?? ''} title={title}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

export function FailureText({ failure }: { readonly failure: AskError }): JSX.Element {
  return (
    <p class="failure" role="alert">
      {failure.message} <code>{failure.code}</code>
    </p>
  )
}

function ProgressBar({ progress }: { readonly progress: Progress | undefined }): JSX.Element {
  const part = progress === undefined || progress.total === 0 ? 0 : progress.done / progress.total
  return <progress max={1} value={part} aria-label="read so far" />
}

export interface AnswerBoxProps<T> {
  readonly answered: Answered<T>
  /** Pixels, kept free before anything is there: nothing moves when it comes. */
  readonly height?: number
  /** In place of an answer, where pixels are not known. */
  readonly placeholder?: ComponentChildren
  readonly children: (answer: T) => ComponentChildren
}

export function AnswerBox<T>({
  answered,
  height = 0,
  placeholder,
  children,
}: AnswerBoxProps<T>): JSX.Element {
  const { answer, failure, progress, isWaiting } = answered
  return (
    <div
      class={isWaiting ? 'answer waiting' : 'answer'}
      style={{ minHeight: `${String(height)}px` }}
    >
      {failure !== undefined && <FailureText failure={failure} />}
      {answer !== undefined && children(answer)}
      {isWaiting && answer === undefined && (placeholder ?? <ProgressBar progress={progress} />)}
    </div>
  )
}

/** What is read without being asked for. */
const FREE_BYTES = 256e6

/** Of what reads much: whether it may, and the button by which it may. */
export function useConsent(bytes: number, of: string): readonly [boolean, JSX.Element] {
  const [given, setGiven] = useState('')
  const button = (
    <p class="consent">
      <button
        type="button"
        onClick={() => {
          setGiven(of)
        }}
      >
        Read {bytesText(bytes)}
      </button>
    </p>
  )
  return [bytes <= FREE_BYTES || given === of, button]
}
