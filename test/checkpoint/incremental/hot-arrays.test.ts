import t from 'tap'
import { HotArrays } from '../../../lib/checkpoint/incremental/hot-arrays.js'

const sources = [new Uint8Array(1), new Uint8Array(2), new Uint8Array(3)]

t.test('what always changes is looked at now and then, the rest always', (t) => {
  const hot = new HotArrays()
  const asked = [0, 0, 0]
  for (let save = 0; save < 80; save++) {
    const given = hot.ask(sources)
    for (const i of [0, 1, 2]) if (given[i] === sources[i]) asked[i] = (asked[i] ?? 0) + 1
    // The second one changes each time; an empty array has not changed.
    const same = Uint8Array.of(1, given[1] === sources[1] ? 0 : 1, save % 3 === 0 ? 0 : 1)
    hot.answer(same)
    t.equal(same[1], 0, 'what was not looked at has changed')
    t.equal(same[0], 1)
  }
  t.equal(asked[0], 80)
  t.equal(asked[2], 80)
  t.ok((asked[1] ?? 0) >= 20 && (asked[1] ?? 0) <= 23, String(asked[1]))
  t.end()
})

t.test('what does not change any more is found again', (t) => {
  const hot = new HotArrays()
  let before: ArrayBufferView | undefined
  let found = -1
  for (let save = 0; save < 40 && found < 0; save++) {
    const [given] = hot.ask(sources.slice(0, 1))
    // As the tracker: the same array as in the last look, and not written to since.
    const isSame = given === before && save > 10
    const same = Uint8Array.of(isSame ? 1 : 0)
    before = given
    hot.answer(same)
    if (save > 10 && same[0] === 1) found = save
  }
  t.ok(found > 10 && found <= 20, String(found))
  t.end()
})

t.test('other arrays begin anew', (t) => {
  const hot = new HotArrays()
  for (let save = 0; save < 5; save++) {
    hot.ask(sources)
    hot.answer(new Uint8Array(3))
  }
  t.strictSame(hot.ask(sources.slice(0, 2)), sources.slice(0, 2))
  t.end()
})
