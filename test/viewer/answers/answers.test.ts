// What the page is told, compared with what the arrays are.
import { cpSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { answerTo, isLong, isQuestion } from '../../../lib/viewer/answers/index.js'
import { Place } from '../../../lib/viewer/answers/opened.js'
import type { Answer, Ask, QuestionName } from '../../../lib/viewer/wire.js'
import { exportNpz, openCheckpointSync } from '../../../lib/index.js'
import { tensorflowFixture } from '../../cli/program'
import { makeViewedRun, SAVES } from '../run'

const KERNEL = 'model/dense/kernel/.ATTRIBUTES/VARIABLE_VALUE'
const variable = (name: string): string => `odd/${name}/.ATTRIBUTES/VARIABLE_VALUE`

function asking(
  place: Place,
): <N extends QuestionName>(name: N, ask: Ask<N>) => Promise<Answer<N>> {
  return async <N extends QuestionName>(name: N, ask: Ask<N>) =>
    (await answerTo(place, name, ask, () => undefined)) as Answer<N>
}

t.test('a run', async (t) => {
  const run = await makeViewedRun(t.testdir())
  const ask = asking(new Place(run))
  const newest = { checkpoint: `ckpt-${SAVES}` }

  t.test('its checkpoints', async (t) => {
    const { kind, path, checkpoints, realBytes, apparentBytes, version } = await ask('catalog', {})
    t.strictSame([kind, path], ['run', run])
    t.strictSame(
      checkpoints.map(({ id, number, step, metric, latest }) => [id, number, step, metric, latest]),
      [1, 2, 3, 4].map((i) => [`ckpt-${i}`, i, 100 * i, i / 10, i === SAVES]),
    )
    t.ok(checkpoints.slice(1).every(({ linkedBytes }) => linkedBytes > 400_000))
    t.equal(
      realBytes,
      checkpoints.reduce((sum, { newBytes }) => sum + newBytes, 0),
    )
    t.ok(apparentBytes > 3 * realBytes)
    t.equal(await ask('version', {}), version)
  })

  t.test('what one of them holds', async (t) => {
    const { tensors, bytes, format, objects } = await ask('contents', newest)
    t.strictSame(format, 'checkpoint')
    t.ok(Number(objects) > 10)
    t.equal(
      bytes,
      tensors.reduce((sum, tensor) => sum + tensor.bytes, 0),
    )
    const kernel = tensors.find(({ key }) => key === KERNEL)
    t.strictSame(kernel, {
      key: KERNEL,
      name: 'model/dense/kernel',
      dtype: 'float32',
      shape: [6, 8],
      bytes: 192,
      numeric: true,
      aliases: ['model/tied/kernel'],
    })
    t.match(
      tensors.find(({ name }) => name === 'frozen/table'),
      { dtype: 'float32', bytes: 400_000 },
    )
    t.match(
      tensors.find(({ name }) => name === 'notes'),
      { dtype: 'string', numeric: false },
    )
  })

  t.test('statistics', async (t) => {
    const of = (key: string): Promise<Answer<'statistics'>> => ask('statistics', { ...newest, key })
    const kernel = Float64Array.from({ length: 48 }, (_, i) => i - 24 + SAVES - 1)
    const sum = (f: (x: number) => number): number => kernel.reduce((all, x) => all + f(x), 0)
    const { mean, std, norm, histogram, ...rest } = await of(KERNEL)
    t.strictSame(rest, { count: 48, nan: 0, infinite: 0, min: -21, max: 26 })
    t.equal(mean, sum((x) => x) / 48)
    t.ok(Math.abs(Number(norm) - Math.sqrt(sum((x) => x * x))) < 1e-9)
    t.ok(Math.abs(Number(std) ** 2 - sum((x) => (x - 2.5) ** 2) / 48) < 1e-9)
    t.equal(histogram?.length, 60)
    t.equal(
      histogram?.reduce((all, bar) => all + bar, 0),
      48,
    )
    t.match(await of(variable('broken')), {
      count: 5,
      nan: 1,
      infinite: 2,
      min: 1,
      max: 3,
      mean: 2,
    })
    t.strictSame(await of(variable('all_nan')), { count: 2, nan: 2, infinite: 0 })
    t.strictSame(await of(variable('nothing')), { count: 0, nan: 0, infinite: 0 })
    t.match(await of(variable('wide')), { min: -(2 ** 62), max: 2 ** 62, mean: 0 })
    t.match(await of(variable('complex')), { min: 2, max: 5 })
  })

  t.test('norms of what may be weights', async (t) => {
    const norms = await ask('norms', newest)
    const byName = new Map(norms.map(({ name, norm, count }) => [name, [norm, count]]))
    t.strictSame(byName.get('model/dense/bias'), [Math.sqrt(5 * 0.25), 5])
    t.strictSame(byName.get('odd/broken')?.[1], 2, 'finite ones only')
    t.equal(byName.has('step'), false, 'a counter is no weight')
    t.equal(byName.has('odd/wide'), false)
  })

  t.test('the course of a tensor', async (t) => {
    const points = await ask('trend', { key: KERNEL })
    t.strictSame(
      points.map(({ id, mean, meanChange, maxChange, changed }) => {
        return [id, mean, meanChange, maxChange, changed]
      }),
      [
        ['ckpt-1', -0.5, undefined, undefined, undefined],
        ['ckpt-2', 0.5, 1, 1, 48],
        ['ckpt-3', 1.5, 1, 1, 48],
        ['ckpt-4', 2.5, 1, 1, 48],
      ],
    )
    const [, still] = await ask('trend', { key: 'frozen/table/.ATTRIBUTES/py_state' })
    t.match(still, { meanChange: 0, maxChange: 0, changed: 0 })
    const [none] = await ask('trend', { key: 'no/such' })
    t.match(none, { id: 'ckpt-1', missing: /not found/ })
  })

  t.test('values as text, and whether all is whole', async (t) => {
    t.match(await ask('values', { ...newest, key: variable('flag') }), { text: '[ True False]' })
    const { ok, problems, tensors } = await ask('verify', newest)
    t.strictSame([ok, problems], [true, []])
    t.ok(tensors > 10)
  })

  t.test('a tensor is read by the thread, and nothing outside of the run', async (t) => {
    for (const checkpoint of ['', '..', '../run/ckpt-1', '/etc/passwd', 'ckpt-9', 5]) {
      const asked = ask('contents', { checkpoint: checkpoint as string })
      await t.rejects(asked, /ckpt-9|no checkpoint|path/)
    }
    await t.rejects(ask('values', { ...newest, key: '__proto__' }), { code: 'CKPT_NOT_FOUND' })
  })
})

t.test('a run that changes while it is looked at', async (t) => {
  const run = await makeViewedRun(t.testdir())
  const place = new Place(run)
  const ask = asking(place)
  const before = await ask('version', {})
  for (let i = 1; i <= SAVES; i++) await ask('contents', { checkpoint: `ckpt-${i}` })
  rmSync(join(run, 'ckpt-2.index'))
  t.not(await ask('version', {}), before)
  const { checkpoints } = await ask('catalog', {})
  t.strictSame(
    checkpoints.map(({ id }) => id),
    ['ckpt-1', 'ckpt-3', 'ckpt-4'],
  )
  await t.rejects(ask('contents', { checkpoint: 'ckpt-2' }), { code: 'CKPT_NOT_FOUND' })
  t.match(await ask('trend', { key: KERNEL }), [{ id: 'ckpt-1' }, { id: 'ckpt-3', meanChange: 2 }])
})

t.test('a damaged checkpoint is told of', async (t) => {
  const run = await makeViewedRun(t.testdir())
  const ask = asking(new Place(run))
  const { checkpoints } = await ask('catalog', {})
  const [first] = checkpoints
  const shard = join(run, 'ckpt-1.data-00000-of-00001')
  cpSync(shard, `${shard}.whole`)
  truncateSync(shard, statSync(shard).size - 500_000 > 0 ? 1000 : 10)
  t.equal(first?.problem, undefined)
  const { ok, problems } = await ask('verify', { checkpoint: 'ckpt-1' })
  t.equal(ok, false)
  t.ok(problems.length > 0)
  t.match((await ask('catalog', {})).checkpoints[0]?.problem, /ckpt-1/)
})

t.test('one checkpoint, a file of another format, and a checkpoint of Python', async (t) => {
  const run = await makeViewedRun(t.testdir())
  const single = new Place(join(run, 'ckpt-2.index'))
  t.match(await asking(single)('catalog', {}), {
    kind: 'single',
    path: join(run, 'ckpt-2'),
    checkpoints: [{ id: 'ckpt-2', latest: true }],
  })
  await t.rejects(asking(single)('contents', { checkpoint: 'ckpt-1' }), { code: 'CKPT_NOT_FOUND' })
  const file = join(run, 'weights.npz')
  await exportNpz(openCheckpointSync(join(run, 'ckpt-3')), file, { filter: 'model/**' })
  const npz = asking(new Place(file))
  t.match(await npz('catalog', {}), { kind: 'single', checkpoints: [{ id: 'weights.npz' }] })
  const { format, tensors, objects } = await npz('contents', { checkpoint: 'weights.npz' })
  t.strictSame([format, objects], ['npz', undefined])
  t.ok(tensors.some(({ name }) => name === 'model/dense/kernel'))
  const python = asking(new Place(tensorflowFixture('keras-adam')))
  const { checkpoints } = await python('catalog', {})
  const contents = await python('contents', { checkpoint: checkpoints.at(-1)?.id ?? '' })
  t.ok(contents.tensors.length > 5)
  t.throws(() => new Place(join(run, 'nothing')), { code: 'CKPT_NOT_FOUND' })
})

t.test('questions', async (t) => {
  t.ok(isQuestion('slice'))
  t.notOk(isQuestion('toString'))
  t.ok(isLong('statistics'))
  t.notOk(isLong('slice'))
})
