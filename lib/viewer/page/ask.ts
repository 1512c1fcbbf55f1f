/**
 * Asks the server.
 *
 * @module
 */
import type { Answer, Ask, Failure, Line, Progress, QuestionName } from '../wire.js'

/** What the server could not do, or that it is gone. */
export class AskError extends Error {
  readonly code: string

  constructor({ code, message }: Failure) {
    super(message)
    this.code = code
  }
}

export interface Waiting {
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

/** @throws AskError; whatever an aborted `fetch` throws */
export async function ask<N extends QuestionName>(
  name: N,
  question: Ask<N>,
  { signal, onProgress }: Waiting = {},
): Promise<Answer<N>> {
  const url = `ask/${name}?${encodeURIComponent(JSON.stringify(question))}`
  const response = await reach(url, signal)
  for await (const line of linesOf(response)) {
    if ('answer' in line) return line.answer as Answer<N>
    if ('failure' in line) throw new AskError(line.failure)
    onProgress?.(line.progress)
  }
  throw new AskError({ code: 'GONE', message: 'The server ended before it had answered.' })
}

async function reach(url: string, signal?: AbortSignal): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, signal ? { signal } : {})
  } catch (error) {
    if (signal?.aborted === true) throw error
    const message = 'The server has ended. Start ndcheckpoint view again.'
    throw new AskError({ code: 'GONE', message })
  }
  if (response.ok) return response
  throw new AskError({ code: String(response.status), message: await response.text() })
}

/** A response comes in parts that are no lines. */
async function* linesOf(response: Response): AsyncGenerator<Line> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  while (reader !== undefined) {
    const { done, value } = await reader.read()
    if (done) break
    // A large answer is one line: it is looked through once.
    const text = decoder.decode(value, { stream: true })
    const parts = text.split('\n')
    parts[0] = rest + (parts[0] ?? '')
    rest = parts.pop() ?? ''
    for (const part of parts) yield JSON.parse(part) as Line
  }
}

/** Whatever was thrown, to be shown. */
export function toAskError(error: unknown): AskError {
  if (error instanceof AskError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new AskError({ code: 'ERROR', message })
}
