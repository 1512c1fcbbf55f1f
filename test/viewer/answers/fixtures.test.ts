// Everything that TensorFlow wrote for us: each tensor is asked all that the page would ask of it, and
// what comes is what the reader reads.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openCheckpointSync } from '../../../lib/index.js'
import { answerTo } from '../../../lib/viewer/answers/index.js'
import { Place } from '../../../lib/viewer/answers/opened.js'
import type { Answer, Ask, Contents, QuestionName, TensorItem } from '../../../lib/viewer/wire.js'
import { tensorflowFixture } from '../../cli/program'

const prefixes = readdirSync(tensorflowFixture('.'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.index'))
  .map((name) => name.slice(0, -'.index'.length))

for (const prefix of prefixes.sort()) {
  t.test(prefix, async (t) => {
    const place = new Place(tensorflowFixture(prefix))
    const ask = async <N extends QuestionName>(name: N, question: Ask<N>): Promise<Answer<N>> =>
      (await answerTo(place, name, question, () => undefined)) as Answer<N>
    const checkpoint = place.id
    const contents: Contents = await ask('contents', { checkpoint })
    const reader = openCheckpointSync(tensorflowFixture(prefix))
    const keys = reader.variables().map(({ key }) => key)
    t.strictSame(
      contents.tensors.map(({ key }) => key).sort(),
      keys.filter((key) => key !== '_CHECKPOINTABLE_OBJECT_GRAPH').sort(),
    )
    t.equal(new Set(contents.tensors.map(({ name }) => name)).size, contents.tensors.length)
    for (const tensor of contents.tensors) await askAll(tensor)
    t.ok((await ask('norms', { checkpoint })).every(({ norm }) => Number.isFinite(norm)))
    t.match(await ask('verify', { checkpoint }), { ok: true })

    async function askAll({ key, shape, numeric }: TensorItem): Promise<void> {
      const of = { checkpoint, key }
      const { text } = await ask('values', of)
      t.type(text, 'string')
      if (!numeric) return
      const { count, nan, infinite, histogram = [], min, max } = await ask('statistics', of)
      t.equal(
        count,
        shape.reduce((size, length) => size * length, 1),
      )
      const binned = histogram.reduce((sum, bar) => sum + bar, 0)
      if (min !== undefined) t.equal(binned, count - nan - infinite, key)
      if (shape.length === 0 || count === 0) return
      const axes = { row: shape.length - 2, column: shape.length - 1 }
      const slice = await ask('slice', { ...of, ...axes, index: [], cells: 1024 })
      if (count === slice.cellRows * slice.cellColumns && min !== undefined) {
        t.strictSame([slice.min, slice.max], [min, max], key)
      }
    }
  })
}

t.test('there are many of them', async (t) => {
  t.ok(prefixes.length >= 11, join(...prefixes.slice(0, 1)))
})
