// Slot variables: saved with a variable and its optimizer, and nobody's child.
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, listVariables, Variable } from '../../lib/index.js'
import { Optimizer } from './slots'

type Objects = Record<string, unknown>

/** A model of two variables and an optimizer that keeps a momentum of one and a norm of both. */
function make(value: number): { a: Variable<number>; b: Variable<number>; opt: Optimizer } {
  const [a, b, opt] = [new Variable(value), new Variable(value + 1), new Optimizer('m', 'n/.')]
  opt.rate.value = value + 2
  return { a, b, opt }
}

function save(dir: string): string {
  const { a, b, opt } = make(1)
  opt.slot('m', a).value = 5
  opt.slot('n/.', a).value = 6
  opt.slot('n/.', b).value = 7
  return new Checkpoint({ model: { a, b }, opt }).writeSync(join(dir, 'ckpt'))
}

const slotsOf = ({ a, b, opt }: ReturnType<typeof make>): unknown[] =>
  ['m', 'n/.'].flatMap((name) =>
    [a, b].map((variable) => opt.slots.get(name)?.get(variable)?.value),
  )

t.test('they are saved behind all else, under the path of their variable', (t) => {
  const keys = listVariables(save(t.testdir())).map(([key]) => key)
  t.strictSame(
    keys.filter((key) => key.includes('SLOT')),
    [
      'model/a/.OPTIMIZER_SLOT/opt/m/.ATTRIBUTES/VARIABLE_VALUE',
      'model/a/.OPTIMIZER_SLOT/opt/n.S../.ATTRIBUTES/VARIABLE_VALUE',
      'model/b/.OPTIMIZER_SLOT/opt/n.S../.ATTRIBUTES/VARIABLE_VALUE',
    ],
  )
  t.end()
})

t.test('they are restored, and made where the program has none', (t) => {
  const path = save(t.testdir())
  const objects = make(0)
  const { a, b, opt } = objects
  new Checkpoint({ model: { a, b }, opt }).readSync(path).assertConsumed()
  t.strictSame(slotsOf(objects), [5, undefined, 6, 7])
  t.equal(opt.rate.value, 3)
  t.end()
})

t.test('they can be skipped', (t) => {
  const path = save(t.testdir())
  const objects = make(0)
  const { a, b, opt } = objects
  opt.slot('m', b).value = 9
  const checkpoint = new Checkpoint({ model: { a, b }, opt })
  const status = checkpoint.readSync(path, { skipSlotVariables: true })
  t.strictSame(slotsOf(objects), [undefined, 9, undefined, undefined])
  t.strictSame([a.value, b.value, opt.rate.value], [1, 2, 3])
  t.equal(status.restored, 3)
  status.assertConsumed()
  const { missingInCheckpoint } = checkpoint.readSync(path)
  t.strictSame(
    missingInCheckpoint.map(({ key }) => key),
    ['model/b/.OPTIMIZER_SLOT/opt/m/.ATTRIBUTES/VARIABLE_VALUE'],
  )
  t.end()
})

t.test('they wait until both the variable and the optimizer are there', (t) => {
  const path = save(t.testdir())
  for (const order of [
    ['model', 'opt'],
    ['opt', 'model'],
  ]) {
    const objects = make(0)
    const { a, b, opt } = objects
    const late: Objects = { model: { a, b }, opt }
    const checkpoint = new Checkpoint<Objects>()
    const status = checkpoint.readSync(path)
    checkpoint[String(order[0])] = late[String(order[0])]
    t.strictSame(slotsOf(objects), [undefined, undefined, undefined, undefined])
    t.throws(() => status.assertConsumed(), { code: 'CKPT_MISMATCH' })
    checkpoint[String(order[1])] = late[String(order[1])]
    t.strictSame(slotsOf(objects), [5, undefined, 6, 7], order.join())
    status.assertConsumed()
  }
  t.end()
})

t.test('a filter and a remap are about them as well', (t) => {
  const path = save(t.testdir())
  const objects = make(0)
  const { a, b, opt } = objects
  const status = new Checkpoint({ net: { a, b }, adam: opt }).readSync(path, {
    remap: { model: 'net', opt: 'adam' },
    filter: (key) => key.includes('/opt/m/') || key.startsWith('model/a/.ATTRIBUTES'),
  })
  t.strictSame(slotsOf(objects).slice(0, 2), [5, undefined])
  t.notOk(slotsOf(objects).some((value) => value === 6 || value === 7))
  t.strictSame([a.value, b.value, opt.rate.value], [1, 1, 2])
  t.equal(status.restored, 2)
  t.end()
})

t.test('a slot that is also a child, or two slots, is refused', (t) => {
  const prefix = join(t.testdir(), 'ckpt')
  const { a, b, opt } = make(1)
  const slot = opt.slot('m', a)
  const message =
    /^the slot variable 'm' of 'a' cannot be saved: it is also another slot or a child/
  t.throws(() => new Checkpoint({ a, opt, slot }).writeSync(prefix), { name: 'TypeError', message })
  opt.slots.get('n/.')?.set(b, slot)
  t.throws(() => new Checkpoint({ a, b, opt }).writeSync(prefix), { message: /'n\/.' of 'b'/ })
  t.end()
})
