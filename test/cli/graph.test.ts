import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { dotGraphFromCheckpoint } from '../../lib/index.js'
import { cli, cliJson, tensorflowFixture } from './program'

const source = tensorflowFixture('keras-adam')

void t.test('DOT and the graph as JSON', async (t) => {
  const { status, stdout } = await cli(['graph', source])
  t.equal(status, 0)
  t.equal(stdout, dotGraphFromCheckpoint(source, { pythonState: true }))
  const document = await cliJson(['graph', `${source}/model-1.index`])
  t.match(document, { path: /model-1$/, nodes: [{ children: Array }] })
})

const hasGraphviz = spawnSync('dot', ['-V']).status === 0

void t.test('SVG', { skip: hasGraphviz ? false : 'needs Graphviz' }, async (t) => {
  const directory = t.testdir()
  const file = join(directory, 'graph.svg')
  const { status, stdout } = await cli(['graph', source, '-o', file])
  t.equal(status, 0)
  t.equal(stdout, '')
  t.match(readFileSync(file, 'utf8'), /<svg [^]*<\/svg>/)
  t.match((await cli(['graph', source, '--svg'])).stdout, /<svg [^]*<\/svg>/)
})

void t.test('no Graphviz, no graph, no place to write', async (t) => {
  const bin = t.testdir({ env: t.fixture('symlink', '/usr/bin/env') })
  const without = await cli(['graph', source, '--svg'], { env: { PATH: bin } })
  t.equal(without.status, 2)
  t.match(without.stderr, /^ndcheckpoint: Graphviz is not installed/)
  const none = await cli(['graph', tensorflowFixture('dtypes/dtypes')])
  t.equal(none.status, 2)
  const unwritten = await cli(['graph', source, '-o', '/none/graph.dot'])
  t.equal(unwritten.status, 2)
  t.match(unwritten.stderr, /^ndcheckpoint: .*\n$/)
})
