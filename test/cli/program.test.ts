import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { COMMANDS } from '../../lib/cli/commands.js'
import { cli, tensorflowFixture } from './program'
import { makeRun } from './runs'

const root = join(__dirname, '../..')

void t.test('help, version, and nothing at all', async (t) => {
  const help = await cli(['--help'])
  t.equal(help.status, 0)
  for (const { name, summary } of COMMANDS)
    t.match(help.stdout, new RegExp(`  ${name} .*`), summary)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  t.equal((await cli(['--version'])).stdout, `${version}\n`)
  const nothing = await cli([])
  t.equal(nothing.status, 2)
  t.equal(nothing.stdout, '')
  t.match(nothing.stderr, /^Usage: ndcheckpoint/)
})

void t.test('every command has help with examples that name it', async (t) => {
  for (const { name, examples } of COMMANDS) {
    const { status, stdout } = await cli([name, '--help'])
    t.equal(status, 0)
    t.match(stdout, new RegExp(`^Usage: ndcheckpoint ${name} `))
    t.match(stdout, `  $ ndcheckpoint ${examples[0] ?? ''}`)
    t.match(stdout, '--json')
    for (const example of examples) t.match(example, new RegExp(`^${name}\\b`))
  }
})

void t.test('misuse is told in one line, with status 2', async (t) => {
  const cases: [string[], RegExp][] = [
    [['lss'], /unknown command 'lss' \(Did you mean ls\?\)/],
    [['ls', '--verfy'], /unknown option '--verfy' \(Did you mean --verify\?\)/],
    [['ls', 'a', 'b'], /too many arguments/],
  ]
  for (const [args, expected] of cases) {
    const { status, stdout, stderr } = await cli(args)
    t.equal(status, 2)
    t.equal(stdout, '')
    t.match(stderr, expected)
    t.match(stderr, /^ndcheckpoint: .*\n$/)
    t.equal(stderr.trimEnd().split('\n').length, 1)
  }
})

void t.test('CKPT_DEBUG=1 shows where an error comes from', async (t) => {
  const { stderr } = await cli(['ls', '/none'], { env: { CKPT_DEBUG: '1' } })
  t.match(stderr, /CheckpointError: .*\n +at /)
})

void t.test('help does not load the addon, nor libraries of other commands', (t) => {
  const code = `process.argv.push('--help')
    process.on('exit', () => console.error(Object.keys(require.cache).join('\\n')))
    require(${JSON.stringify(join(root, 'lib/cli/main.js'))})`
  const { stderr } = spawnSync(process.execPath, ['-e', code, '--', 'x'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  })
  t.match(stderr, 'commander')
  t.notMatch(stderr, /cli-table3|cli-progress|\.node$|lib\/addon/m)
  t.end()
})

const hasScript = spawnSync('script', ['--version']).status === 0
const skip = hasScript ? false : "needs 'script' of util-linux"

void t.test('a terminal gets colours and lines that fit', { skip }, async (t) => {
  const directory = tensorflowFixture('manager')
  const wide = await cli(['ls', directory], { columns: 120 })
  t.match(wide.stdout, '\u001b[32mok\u001b[39m')
  const plain = await cli(['ls', directory], { columns: 120, env: { NO_COLOR: '1' } })
  t.notMatch(plain.stdout, '\u001b[')
  t.match(plain.stdout, 'ok, latest')
  t.notMatch((await cli(['ls', directory])).stdout, '\u001b')
})

void t.test('a narrow terminal gets short names', { skip }, async (t) => {
  const { stdout } = await cli(['inspect', tensorflowFixture('keras-adam'), '--flat'], {
    columns: 50,
  })
  const lines = stdout.split('\n').slice(1)
  t.match(stdout, /opti.*….*moving|mod.*….*/)
  t.ok(lines.every((line) => Array.from(line).length <= 50))
})

void t.test('progress is for terminals', { skip }, async (t) => {
  const run = await makeRun(t.testdir(), 1)
  const shown = await cli(['ls', run, '--verify'], { columns: 120 })
  t.match(shown.stdout, /verify .*%/)
  t.equal((await cli(['ls', run, '--verify'])).stderr, '')
})

void t.test('a reader that has seen enough ends it quietly', (t) => {
  const command = `"${process.execPath}" "${join(root, 'lib/cli/main.js')}" ls "$1" | true; exit \${PIPESTATUS[0]}`
  const { status, stderr } = spawnSync(
    'bash',
    ['--norc', '-c', command, 'bash', tensorflowFixture('manager')],
    { encoding: 'utf8', env: { PATH: process.env['PATH'] } },
  )
  t.equal(stderr, '')
  t.equal(status, 0)
  t.end()
})
