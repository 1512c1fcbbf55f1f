import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, CheckpointManager, JsonState, keepBest } from '../../lib/index.js'
import {
  checkpointCallback,
  trackModel,
  type CheckpointCallbackOptions,
  type SavedAt,
} from '../../lib/tfjs/index.js'
import { tf, trained } from '../fixtures/tfjs'

t.before(() => tf.setBackend('cpu'))

/** Four epochs of five batches. */
async function fit(
  directory: string,
  options: CheckpointCallbackOptions,
  managed: ConstructorParameters<typeof CheckpointManager>[2] = {},
): Promise<{ saved: SavedAt[]; manager: CheckpointManager; failed?: unknown }> {
  const model = trained(tf.train.adam(0.01))
  const checkpoint = new Checkpoint({ model: trackModel(tf, model) })
  const manager = new CheckpointManager(checkpoint, directory, {
    stepCounter: () => model.optimizer.iterations,
    ...managed,
  })
  const saved: SavedAt[] = []
  const callbacks = checkpointCallback(manager, { onSaved: (at) => saved.push(at), ...options })
  const [x, y] = [tf.ones([20, 4]), tf.ones([20, 2])]
  const fitted = model.fit(x, y, {
    epochs: 4,
    batchSize: 4,
    shuffle: false,
    callbacks,
    yieldEvery: 'never',
  })
  const failed: unknown = await fitted.then(() => undefined).catch((error: unknown) => error)
  await manager.close()
  return { saved, manager, failed }
}

t.test('every so many epochs, each of them durable when fit returns', async (t) => {
  const directory = join(t.testdir(), 'run')
  const progress = new JsonState({ epoch: 0, batch: 0, order: [3, 1] })
  const { saved, manager, failed } = await fit(directory, { everyEpochs: 2, progress })
  t.equal(failed, undefined)
  t.strictSame(saved, [
    { path: join(directory, 'ckpt-1'), epoch: 2, batch: 0 },
    { path: join(directory, 'ckpt-2'), epoch: 4, batch: 0 },
  ])
  t.strictSame(progress.value, { epoch: 4, batch: 0, order: [3, 1] })
  t.strictSame(
    manager.savedCheckpoints.map(({ step }) => step),
    [10, 20],
  )
})

t.test('every so many batches', async (t) => {
  const progress = new JsonState({ epoch: 0, batch: 0 })
  const { saved } = await fit(join(t.testdir(), 'run'), { everyBatches: 7, progress })
  t.strictSame(
    saved.map(({ epoch, batch }) => [epoch, batch]),
    [
      [1, 2],
      [2, 4],
    ],
  )
})

t.test('when the manager says so', async (t) => {
  const managed = { checkpointInterval: 8, whenBusy: 'wait' } as const
  const { saved, manager } = await fit(join(t.testdir(), 'run'), {}, managed)
  t.equal(saved.length, manager.savedCheckpoints.length)
  t.ok(saved.length >= 2 && saved.length <= 3, String(saved.length))
  t.equal(manager.savedCheckpoints[0]?.step, 1)
  const { failed } = await fit(join(t.testdir(), 'none'), {})
  t.match(failed, { name: 'TypeError', message: /checkpointInterval/ })
})

t.test('the metric is that of the logs', async (t) => {
  const retention = keepBest(1, 'min')
  const directory = join(t.testdir(), 'run')
  const options = { everyEpochs: 1, metric: 'loss' }
  const { manager } = await fit(directory, options, { retention })
  t.ok(manager.savedCheckpoints.every(({ metric }) => Number(metric) > 0))
  const { failed } = await fit(join(t.testdir(), 'none'), { everyEpochs: 1, metric: 'val_loss' })
  t.match(failed, { message: /no 'val_loss', but loss/ })
})

t.test('a save that fails makes fit fail, or is for onError', async (t) => {
  const saveOptions = { checkpointNumber: 5 }
  const abort = new AbortController()
  abort.abort(new Error('enough'))
  const failing = { everyEpochs: 1, saveOptions: { ...saveOptions, signal: abort.signal } }
  const { failed, saved } = await fit(join(t.testdir(), 'run'), failing)
  t.match(failed, { message: 'enough' })
  t.strictSame(saved, [])
  const errors: unknown[] = []
  const onError = (error: unknown): unknown => errors.push(error)
  const handled = await fit(join(t.testdir(), 'again'), { ...failing, onError })
  t.equal(handled.failed, undefined)
  t.equal(errors.length, 4)
})

t.test('options', (t) => {
  const manager = undefined as unknown as CheckpointManager
  const wrong: [object, RegExp][] = [
    [{ everyEpochs: 0 }, /options.everyEpochs must be a positive integer, got 0/],
    [{ everyBatches: 1.5 }, /options.everyBatches must be a positive integer, got 1.5/],
    [{ onSaved: 1 }, /options.onSaved must be a function, got 1/],
    [{ onError: 'x' }, /options.onError must be a function/],
    [{ progress: {} }, /options.progress must be a JsonState/],
    [null as unknown as object, /options must be an object/],
  ]
  for (const [options, message] of wrong) {
    t.throws(() => checkpointCallback(manager, options), { message })
  }
  t.end()
})

t.test('killed, resumed, and the same bits as without', { timeout: 200_000 }, async (t) => {
  const run = (...args: string[]): Promise<string> =>
    new Promise((resolve) => {
      const command = [join(__dirname, '../fixtures/tfjs-train.cjs'), ...args]
      const env = { ...process.env, NODE_OPTIONS: '' }
      execFile(process.execPath, command, { env }, (_error, stdout) => {
        resolve(stdout)
      })
    })
  const digestOf = (text: string): string | undefined => /digest (.*)/.exec(text)?.[1]
  const directory = t.testdir()
  const alone = digestOf(await run(join(directory, 'alone')))
  t.match(alone, /^[0-9a-f]{64}$/)
  const killed = join(directory, 'killed')
  const places: (string | undefined)[] = []
  for (const saves of ['1', '1', '2', 'never']) {
    const text = await run(killed, saves)
    places.push(/begins at (.*)/.exec(text)?.[1])
    if (saves === 'never') t.equal(digestOf(text), alone)
    else t.equal(digestOf(text), undefined, 'was killed')
  }
  t.equal(places[0], '0/0')
  t.equal(new Set(places).size, places.length, places.join(' '))
  t.notOk(places[1]?.endsWith('/0'), `in the middle of an epoch: ${places.join(' ')}`)
})
