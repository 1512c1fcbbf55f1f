// What happens to restored arrays between threads. Node decides it, not this package: a buffer over
// a mapping cannot be transferred, since the mapping stays with its owner.
import { once } from 'node:events'
import { join } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import t from 'tap'
import { Checkpoint, ndarray, NumpyState, type NdArray } from '../../lib/index.js'
import { fixture, within } from '../fixtures/child'

const major = Number(process.versions.node.split('.')[0])

function restored(directory: string): { path: string; array: NdArray } {
  const state = new NumpyState<Record<string, NdArray>>()
  state['x'] = ndarray(Float64Array.of(1, 2, 3))
  const path = new Checkpoint({ state }).saveSync(join(directory, 'ckpt'))
  new Checkpoint({ state }).restoreSync(path)
  const array = state['x']
  return { path, array }
}

t.test('a posted array is copied', (t) => {
  const { array } = restored(t.testdir())
  const copy = structuredClone(array.data)
  t.strictSame(copy, Float64Array.of(1, 2, 3))
  ;(copy as Float64Array)[0] = 9
  t.equal(array.get(0), 1)
  t.end()
})

t.test('a mapped buffer is not transferred: Node 20 copies it, later ones refuse', async (t) => {
  const { array } = restored(t.testdir())
  const { buffer } = array.data
  const { port1, port2 } = new MessageChannel()
  const transfer = (): void => {
    port1.postMessage(buffer, [buffer as ArrayBuffer])
  }
  if (major < 22) {
    const arrived = once(port2, 'message')
    transfer()
    const [copy] = (await within(arrived, 'the message')) as [ArrayBuffer]
    t.strictSame(new Float64Array(copy), Float64Array.of(1, 2, 3))
  } else {
    t.throws(transfer, { name: 'DataCloneError' })
  }
  port1.close()
  t.equal(array.get(2), 3, 'the array is as it was')
})

t.test('a worker restores the checkpoint itself', async (t) => {
  const { path } = restored(t.testdir())
  const worker = new Worker(fixture('restore-in-worker.cjs'), { workerData: path, execArgv: [] })
  const [elements] = (await within(once(worker, 'message'), "the worker's arrays")) as [number[]]
  t.strictSame(elements, [1, 2, 3])
  await once(worker, 'exit')
})
