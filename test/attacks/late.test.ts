// Checkpoints that ask for much only when an object is attached after the restore.
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, NumpyState, type ObjectNode } from '../../lib/index.js'
import { forge, graphEntry, npy, stringEntry } from './forge'

const MIB = 2 ** 20

/** A state of so many names, all of one array of a mebibyte. */
function star(prefix: string, names: number): string {
  const attributes = [{ name: 'py_state', fullName: '', checkpointKey: 'k' }]
  const children = Array.from({ length: names }, (_, i) => ({
    nodeId: 2,
    localName: `a${String(i)}`,
  }))
  const node = (fields: Partial<ObjectNode>): ObjectNode => ({
    children: [],
    attributes: [],
    slotVariables: [],
    ...fields,
  })
  const root = node({ children: [{ nodeId: 1, localName: 'state' }] })
  const graph = { nodes: [root, node({ children }), node({ attributes })] }
  const array = npy({ shape: `(${String(MIB / 8)},)`, data: new Uint8Array(MIB) })
  return forge(prefix, { entries: [stringEntry('k', array), graphEntry(graph)] })
}

for (const mode of ['map', 'load'] as const) {
  t.test(`a late object that claims far more than the file holds is refused, mode ${mode}`, (t) => {
    const prefix = star(join(t.testdir(), 'x'), 200)
    const checkpoint = new Checkpoint<{ state?: NumpyState }>()
    checkpoint.readSync(prefix, { mode, verify: 'off' })
    const state = new NumpyState()
    t.throws(
      () => {
        checkpoint.state = state
      },
      { code: 'CKPT_CORRUPT', details: { reason: 'inconsistent', key: 'k' } },
    )
    t.notOk('state' in checkpoint)
    t.strictSame(Object.keys(state), [])
    t.end()
  })
}

t.test('an honest one is not', (t) => {
  const prefix = star(join(t.testdir(), 'x'), 8)
  const checkpoint = new Checkpoint<{ state?: NumpyState }>()
  checkpoint.readSync(prefix)
  checkpoint.state = new NumpyState()
  t.equal(Object.keys(checkpoint.state).length, 8)
  t.end()
})
