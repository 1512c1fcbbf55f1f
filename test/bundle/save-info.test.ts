import fc from 'fast-check'
import t from 'tap'
import { formatSaveInfo, parseSaveInfo } from '../../lib/bundle/save-info.js'

t.test('nothing is written where there is nothing to tell', (t) => {
  t.equal(formatSaveInfo({}), undefined)
  t.equal(formatSaveInfo({ step: undefined, metric: undefined, pinned: false }), undefined)
  t.equal(String(formatSaveInfo({ step: 7, pinned: true })), '{"step":7,"pinned":true}')
  t.end()
})

t.test('what was told comes back', (t) => {
  const finite = fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((x) => !Object.is(x, -0))
  const info = fc.record(
    { step: fc.maxSafeNat(), metric: finite, pinned: fc.constant(true) },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(info, (info) => {
      const bytes = formatSaveInfo(info)
      t.strictSame(bytes === undefined ? {} : parseSaveInfo(bytes), { ...info })
    }),
  )
  t.end()
})

t.test('what cannot be understood is as if it were not told', (t) => {
  const cases: [string, object][] = [
    ['', {}],
    ['nonsense', {}],
    ['null', {}],
    ['[1]', {}],
    ['{"step":"7","metric":null,"pinned":1}', {}],
    ['{"step":7,"later":{},"__proto__":{"pinned":true}}', { step: 7 }],
    ['{"metric":1e999}', {}],
  ]
  for (const [text, info] of cases) t.strictSame(parseSaveInfo(Buffer.from(text)), info, text)
  t.strictSame(parseSaveInfo(Buffer.from([0xff, 0xfe])), {})
  t.end()
})
