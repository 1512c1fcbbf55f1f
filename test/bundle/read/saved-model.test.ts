import { join } from 'node:path'
import t from 'tap'
import {
  isSavedModel,
  meansSavedModel,
  savedModelPrefix,
} from '../../../lib/bundle/read/saved-model.js'

t.test('a directory with a program in it is a SavedModel', (t) => {
  const dir = t.testdir({
    binary: { 'saved_model.pb': '' },
    text: { 'saved_model.pbtxt': '' },
    other: { variables: { 'variables.index': '' } },
    taken: { 'saved_model.pb': '' },
    'taken.index': '',
    file: '',
  })
  const cases: [name: string, is: boolean, means: boolean][] = [
    ['binary', true, true],
    ['binary/', true, true],
    ['text', true, true],
    ['other', false, false],
    // What `write` wrote there is restored, as it was before the SavedModel came.
    ['taken', true, false],
    ['file', false, false],
    ['none', false, false],
  ]
  for (const [name, is, means] of cases) {
    t.equal(isSavedModel(`${dir}/${name}`), is, name)
    t.equal(meansSavedModel(`${dir}/${name}`), means, name)
  }
  t.equal(savedModelPrefix(join(dir, 'text')), join(dir, 'text/variables/variables'))
  t.equal(savedModelPrefix('text/'), 'text/variables/variables')
  t.end()
})
