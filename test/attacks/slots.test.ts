// Slot variables that lead to what is no slot, to the same, or to each other.
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  NdArray,
  OptimizerState,
  Variable,
  type ObjectNode,
  type SlotVariableReference,
} from '../../lib/index.js'
import { forge, graphEntry } from './forge'

const node = (fields: Partial<ObjectNode> = {}): ObjectNode => ({
  children: [],
  attributes: [],
  slotVariables: [],
  ...fields,
})

const variable = (checkpointKey: string): ObjectNode =>
  node({ attributes: [{ name: 'VARIABLE_VALUE', fullName: '', checkpointKey }] })

const slot = (variable: number, slotName: string, id: number): SlotVariableReference => ({
  originalVariableNodeId: variable,
  slotName,
  slotVariableNodeId: id,
})

const float = (value: number): Uint8Array => new Uint8Array(Float32Array.of(value).buffer)

/** Nodes: 0 root, 1 optimizer, 2 variable `v`, 3 the value `m`. */
function restored(prefix: string, slots: SlotVariableReference[]) {
  const children = [
    { nodeId: 1, localName: 'optimizer' },
    { nodeId: 2, localName: 'v' },
  ]
  const nodes = [
    node({ children }),
    node({ slotVariables: slots, children: [{ nodeId: 1, localName: 'self' }] }),
    variable('v'),
    variable('m'),
  ]
  const entries = [
    { key: 'v', bytes: float(1) },
    { key: 'm', bytes: float(2) },
    graphEntry({ nodes }),
  ]
  const objects = { optimizer: new OptimizerState(), v: new Variable(0, 'float32') }
  const checkpoint = new Checkpoint(objects)
  checkpoint.readSync(forge(prefix, { entries }))
  return { ...objects, checkpoint }
}

const read = (array: unknown): unknown => (array instanceof NdArray ? array.get() : array)

const CASES: Readonly<Record<string, [slots: SlotVariableReference[], m: unknown]>> = {
  'an honest one': [[slot(2, 'm', 3)], 2],
  'the same slot twice': [[slot(2, 'm', 3), slot(2, 'm', 3)], 2],
  'one value for two slots': [[slot(2, 'm', 3), slot(2, 'n', 3)], 2],
  'the variable as its own slot': [[slot(2, 'm', 2)], 1],
  'the root as a slot': [[slot(2, 'm', 0)], undefined],
  'the optimizer as a slot': [[slot(2, 'm', 1)], undefined],
  'a slot of the optimizer': [[slot(1, 'm', 3), slot(2, 'm', 3)], 2],
  'a slot of the root': [[slot(0, 'm', 3), slot(2, 'm', 3)], 2],
  'a slot of a slot': [[slot(2, 'm', 3), slot(3, 'm', 3)], 2],
  'odd names': [[slot(2, '__proto__', 3), slot(2, '', 3), slot(2, 'm', 3)], 2],
}

for (const [what, [slots, m]] of Object.entries(CASES)) {
  t.test(`${what}: restored, saved and restored again`, (t) => {
    const dir = t.testdir()
    const { optimizer, v, checkpoint } = restored(join(dir, 'x'), slots)
    t.equal(v.value, 1)
    t.equal(read(optimizer.getSlot(v, 'm')), m)
    const path = checkpoint.writeSync(join(dir, 'y'))
    const again = { optimizer: new OptimizerState(), v: new Variable(0, 'float32') }
    new Checkpoint(again).readSync(path).assertConsumed()
    t.equal(read(again.optimizer.getSlot(again.v, 'm')), m)
    t.strictSame(again.optimizer.getSlotNames(), optimizer.getSlotNames())
    t.end()
  })
}

t.test('as many slots as a graph likes take linear time', (t) => {
  const count = 20_000
  const slots = Array.from({ length: count }, (_, i) => slot(2, `m${String(i)}`, 3))
  const { optimizer, v } = restored(join(t.testdir(), 'x'), slots)
  t.equal(optimizer.getSlotNames().length, count)
  t.equal(read(optimizer.getSlot(v, `m${String(count - 1)}`)), 2)
  t.end()
})
