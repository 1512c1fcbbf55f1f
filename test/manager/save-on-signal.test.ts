import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  CheckpointManager,
  latestCheckpoint,
  NumpyState,
  saveOnSignal,
  Variable,
} from '../../lib/index.js'
import { Child } from '../fixtures/child'

interface Restored {
  readonly step: number
  readonly elements: ReadonlySet<number>
}

function restore(directory: string): Restored {
  const step = new Variable(0, 'int64')
  const arrays = new NumpyState<{ x: Float64Array }>()
  arrays.x = new Float64Array()
  new Checkpoint({ step, arrays }).restoreSync(latestCheckpoint(directory))
  return { step: step.value, elements: new Set(arrays.x) }
}

for (const manner of ['plain', 'saving']) {
  t.test(`a signal saves the state of its moment, then ends the process (${manner})`, async (t) => {
    const directory = join(t.testdir(), 'run')
    const child = new Child('train-until-signal.cjs', { args: [directory, manner] })
    await child.untilLines(1)
    child.signal('SIGTERM')
    t.strictSame(await child.exit(), { code: null, signal: 'SIGTERM' })
    t.match(child.lines[1], /^saved \d+$/)
    const { step, elements } = restore(directory)
    t.strictSame(elements, new Set([step]), 'all of one step')
    t.ok(step > 0)
  })
}

t.test('the process ends in time though the save does not', async (t) => {
  const directory = join(t.testdir(), 'run')
  const child = new Child('train-until-signal.cjs', { args: [directory, 'stuck', '0.2'] })
  await child.untilLines(1)
  child.signal('SIGTERM')
  t.strictSame(await child.exit(), { code: null, signal: 'SIGTERM' })
  t.strictSame(child.lines, ['ready'])
})

t.test('a second signal does not wait', async (t) => {
  const directory = join(t.testdir(), 'run')
  const child = new Child('train-until-signal.cjs', { args: [directory, 'stuck', '1000'] })
  await child.untilLines(1)
  child.signal('SIGTERM')
  const again = setInterval(() => {
    child.signal('SIGTERM')
  }, 20)
  t.strictSame(await child.exit(), { code: null, signal: 'SIGTERM' })
  clearInterval(again)
})

t.test('it can be taken back, and holds nothing then', async (t) => {
  const checkpoint = new Checkpoint()
  const manager = new CheckpointManager(checkpoint, t.testdir())
  const before = process.listenerCount('SIGUSR2')
  const stop = saveOnSignal(manager, { signals: ['SIGUSR2', 'SIGUSR1'] })
  t.equal(process.listenerCount('SIGUSR2'), before + 1)
  stop()
  stop()
  t.equal(process.listenerCount('SIGUSR2'), before)
  saveOnSignal(manager, { signals: ['SIGUSR2'] })[Symbol.dispose]()
  t.equal(process.listenerCount('SIGUSR2'), before)
  t.throws(
    () => saveOnSignal(manager, { withinSeconds: 0 }),
    new RangeError('options.withinSeconds must be positive, got 0'),
  )
  await manager.close()
})
