// Half a gigabyte goes through every format, and memory stays what a few pieces take.
import t from 'tap'
import { runChild, sanitized } from '../fixtures/child'

const skip = sanitized && 'AddressSanitizer has memory of its own'

t.test('memory does not grow with the tensors', { skip, timeout: 300_000 }, async (t) => {
  const options = { args: [t.testdir()], deadline: 240_000 }
  const [line = ''] = await runChild('convert-large.cjs', options)
  const grown = JSON.parse(line) as Record<string, number>
  t.equal(Object.keys(grown).length, 7)
  for (const [step, mebibytes] of Object.entries(grown)) {
    t.ok(mebibytes < 64, `${step}: ${String(mebibytes)} MiB`)
  }
})
