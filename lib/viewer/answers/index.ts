/**
 * Every question of the page, and who answers it.
 *
 * @module
 */
import { verifyAt } from '../../inspect/verify-all.js'
import type { Answer, Ask, QuestionName } from '../wire.js'
import { catalogOf, versionOf } from './catalog.js'
import { contentsOf } from './contents.js'
import type { Place } from './opened.js'
import { sliceOf } from './slice.js'
import { valuesOf } from './values.js'
import { normsOf, tensorStatistics, trendOf, type OnProgress } from './statistics.js'

type Answering = {
  readonly [N in QuestionName]: (
    place: Place,
    ask: Ask<N>,
    onProgress: OnProgress,
  ) => Answer<N> | Promise<Answer<N>>
}

const MAX_PROBLEMS = 1000

const ANSWERS: Answering = {
  catalog: (place) => catalogOf(place),
  version: (place) => versionOf(place),
  contents: (place, { checkpoint }) => contentsOf(place, checkpoint),
  values: (place, { checkpoint, key }) => valuesOf(place.read(checkpoint, key)),
  statistics: (place, { checkpoint, key }, onProgress) =>
    tensorStatistics(place, checkpoint, key, onProgress),
  slice: (place, ask) => sliceOf(place, ask),
  norms: (place, { checkpoint }, onProgress) => normsOf(place, checkpoint, onProgress),
  trend: (place, { key }, onProgress) => trendOf(place, key, onProgress),
  verify: async (place, { checkpoint }, onProgress) => {
    const path = place.pathOf(checkpoint)
    const watcher = { update: onProgress, stop: () => undefined }
    const { ok, tensors, bytes, problems } = await verifyAt(path, watcher)
    const shown = problems.slice(0, MAX_PROBLEMS)
    const plain = shown.map(({ key, reason }) => ({ ...(key !== undefined && { key }), reason }))
    return { ok, tensors, bytes, problems: plain }
  },
}

/** Questions that read more than one picture needs. */
const LONG: ReadonlySet<QuestionName> = new Set(['statistics', 'norms', 'trend', 'verify'])

export const isQuestion = (name: string): name is QuestionName => Object.hasOwn(ANSWERS, name)
export const isLong = (name: QuestionName): boolean => LONG.has(name)

/** @param ask checked by those that answer: it may be anything */
export async function answerTo(
  place: Place,
  name: QuestionName,
  ask: unknown,
  onProgress: OnProgress,
): Promise<unknown> {
  const answer: (place: Place, ask: never, onProgress: OnProgress) => unknown = ANSWERS[name]
  return await answer(place, ask as never, onProgress)
}
