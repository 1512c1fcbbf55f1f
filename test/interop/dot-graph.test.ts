// Object graphs drawn as TensorFlow 1 drew them: fixtures/dot.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { dotGraphFromCheckpoint } from '../../lib/index.js'
import { readFixture } from './expected'

for (const name of ['nested', 'keras-adam', 'slots', 'numpystate']) {
  t.test(`${name}: the text of TensorFlow, line by line`, (t) => {
    const drawn = readFileSync(join(__dirname, 'fixtures/dot', `${name}.dot`), 'utf8')
    const { latest } = readFixture(name)
    t.strictSame(dotGraphFromCheckpoint(latest ?? '').split('\n'), drawn.split('\n'))
    t.end()
  })
}

t.test('with Python state, only the points of NumpyStates change', (t) => {
  const path = readFixture('numpystate').latest ?? ''
  const plain = dotGraphFromCheckpoint(path).split('\n')
  const changed = dotGraphFromCheckpoint(path, { pythonState: true })
    .split('\n')
    .filter((line, i) => line !== plain[i])
  t.equal(changed.length, 41)
  for (const line of changed) {
    t.match(
      line,
      /^N_\d+ \[shape=point label="" color=green width=\.25 tooltip="Array shape=\[[\d, ]*\] \w+"\]$/,
    )
  }
  t.end()
})
