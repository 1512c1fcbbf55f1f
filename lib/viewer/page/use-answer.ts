/**
 * Answers as state of components.
 *
 * @module
 */
import { useEffect, useState } from 'preact/hooks'
import type { Answer, Ask, Progress, QuestionName } from '../wire.js'
import { ask, toAskError, type AskError } from './ask.js'

export interface Answered<T> {
  /** Of the question, or of the one before while this one is asked and `keeps` is set. */
  readonly answer?: T
  readonly failure?: AskError
  readonly progress?: Progress
  readonly isWaiting: boolean
}

export interface UseAnswerOptions {
  /** Shows the last answer until the next one is there. */
  readonly keeps?: boolean
  /** A question that was asked before is asked again when this has changed. */
  readonly version?: string
}

const WAITING = { isWaiting: true } as const
const IDLE = { isWaiting: false } as const

/** @param question undefined: nothing is asked */
export function useAnswer<N extends QuestionName>(
  name: N,
  question: Ask<N> | undefined,
  { keeps = false, version = '' }: UseAnswerOptions = {},
): Answered<Answer<N>> {
  const [state, setState] = useState<Answered<Answer<N>> & { readonly of?: string }>(WAITING)
  const of = question === undefined ? undefined : `${version} ${JSON.stringify(question)}`
  useEffect(() => {
    if (question === undefined || of === undefined) return undefined
    const controller = new AbortController()
    const { signal } = controller
    const onProgress = (progress: Progress): void => {
      setState((before) => (before.of === of ? { ...before, progress } : before))
    }
    setState((before) => ({
      ...(keeps && before.answer && { answer: before.answer }),
      of,
      ...WAITING,
    }))
    void ask(name, question, { signal, onProgress }).then(
      (answer) => {
        setState({ answer, of, isWaiting: false })
      },
      (error: unknown) => {
        if (signal.aborted) return
        setState({ failure: toAskError(error), of, isWaiting: false })
      },
    )
    return () => {
      controller.abort()
    }
  }, [of])
  if (of === undefined) return IDLE
  // Before the effect has run the state is that of the question before.
  if (state.of === of) return state
  return keeps && state.answer !== undefined ? { answer: state.answer, ...WAITING } : WAITING
}
