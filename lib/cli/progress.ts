/**
 * Progress of long work on one line of a terminal, with rate and time left. Elsewhere nothing.
 *
 * @module
 */
import type { Progress } from '../bundle/operation.js'
import { bytesText, durationText } from './text.js'

export interface ProgressLine {
  /** In bytes. */
  readonly update: (progress: Pick<Progress, 'done' | 'total'>) => void
  /** Takes the line away. */
  readonly stop: () => void
}

const nothing = (): void => undefined

export async function openProgress(label: string, out: NodeJS.WriteStream): Promise<ProgressLine> {
  if (!out.isTTY) return { update: nothing, stop: nothing }
  const { SingleBar, Presets } = await import('cli-progress')
  const options = {
    format: `${label} {bar} {percentage}%  {rate}  {left}`,
    ...{ stream: out, hideCursor: true, clearOnComplete: true, barsize: 24, fps: 10 },
    // Blocking work gives timers no chance.
    synchronousUpdate: true,
  }
  const bar = new SingleBar(options, Presets.shades_classic)
  const begun = performance.now()
  let started = false
  const update = ({ done, total }: Pick<Progress, 'done' | 'total'>): void => {
    const payload = ratesOf(done, total, (performance.now() - begun) / 1000)
    if (started) bar.setTotal(total)
    else bar.start(total, done, payload)
    started = true
    bar.update(done, payload)
  }
  return {
    update,
    stop: () => {
      if (started) bar.stop()
    },
  }
}

/** @param seconds since the work began */
export function ratesOf(
  done: number,
  total: number,
  seconds: number,
): { rate: string; left: string } {
  if (done === 0 || seconds <= 0) return { rate: '', left: '' }
  const perSecond = done / seconds
  const left = Math.max(0, total - done) / perSecond
  return { rate: `${bytesText(perSecond)}/s`, left: `${durationText(left)} left` }
}
