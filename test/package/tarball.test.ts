import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const root = join(__dirname, '../..')
const run = promisify(execFile)

/** Without what tap and npm put into the environment of the processes that they start. */
const env: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => name !== 'NODE_OPTIONS' && name !== 'CKPT_NATIVE' && !/^npm_(?!config_)/.test(name),
  ),
)

interface Packed {
  readonly filename: string
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

async function pack(...options: string[]): Promise<Packed> {
  const args = ['pack', '--json', '--ignore-scripts', ...options]
  const { stdout } = await run('npm', args, { cwd: root, env, maxBuffer: 1e7 })
  const [packed] = JSON.parse(stdout) as Packed[]
  if (packed === undefined) throw new Error('npm pack made nothing')
  return packed
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8')

void t.test('the tarball has what runs, what compiles, and what is read', async (t) => {
  const { files, unpackedSize } = await pack('--dry-run')
  const paths = new Set(files.map(({ path }) => path))
  const needed = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'docs/errors.md']
  const built = ['index', 'native', 'bundle/proto/tensor_bundle_pb'].flatMap((name) =>
    ['js', 'd.ts', 'js.map'].map((end) => `lib/${name}.${end}`),
  )
  const listed = Object.values(JSON.parse(read('native/sources.json')) as Record<string, string[]>)
  for (const path of [...needed, ...built, ...listed.flat()]) t.ok(paths.has(path), path)
  const { bin } = JSON.parse(read('package.json')) as { bin: Record<string, string> }
  for (const path of Object.values(bin)) {
    t.ok(paths.has(path), path)
    t.match(read(path), /^#!\/usr\/bin\/env node\n/)
  }
  t.ok(paths.has('binding.gyp') && paths.has('native/sources.json'), 'node-gyp reads both')
  const room = /^(lib|native\/(core|addon)|docs|prebuilds)\//
  const top = [...paths].filter((path) => !room.test(path)).sort()
  t.strictSame(top, [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'binding.gyp',
    'native/sources.json',
    'package.json',
  ])
  t.ok(unpackedSize < 4e6, `${String(unpackedSize)} bytes`)
})

void t.test('every source has its output in the tarball, every header is there', async (t) => {
  const paths = new Set((await pack('--dry-run')).files.map(({ path }) => path))
  const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  for (const source of sources.filter((path) => /(?<!\.d)\.tsx?$/.test(path))) {
    // What runs in the browser is nobody's module.
    const ends = source.startsWith('viewer/page/') ? ['js'] : ['js', 'd.ts']
    for (const end of ends) {
      const output = `lib/${source.replace(/tsx?$/, end)}`
      t.ok(paths.has(output), output)
    }
  }
  for (const name of ['style.css', 'icon.svg', 'package.json']) {
    t.ok(paths.has(`lib/viewer/page/${name}`), name)
  }
  for (const path of [...paths].filter((path) => /^native\/.*\.(cc|h)$/.test(path))) {
    for (const [, name = ''] of read(path).matchAll(/^#include "([^"]+)"/gm)) {
      t.ok(paths.has(join(dirname(path), name)), `${path} includes ${name}`)
    }
  }
})

void t.test('declarations come without sources, which are in the source maps', async (t) => {
  const { files } = await pack('--dry-run')
  // TypeScript takes x.ts before x.d.ts, also in node_modules: it would check our sources by the
  // settings of the user's project, and `verbatimModuleSyntax` alone gives hundreds of errors.
  const sources = files.filter(({ path }) => /(?<!\.d)\.[cm]?ts$/.test(path))
  t.strictSame(sources, [])
  for (const { path } of files.filter(({ path }) => path.endsWith('.js.map'))) {
    const { sourcesContent } = JSON.parse(read(path)) as { sourcesContent?: string[] }
    t.ok(sourcesContent?.[0], path)
  }
})

// Compiles the addon, which takes a minute, so only where packages are checked.
const skip =
  process.env['CI'] !== undefined || process.env['CKPT_PACKAGE'] === '1'
    ? false
    : 'installs and compiles the package: set CKPT_PACKAGE=1'
// Of the file: the limit of a subtest does not raise it.
if (skip === false) t.setTimeout(600_000)

/** Prints the status of each file that the page of `view` needs. */
const VIEW = `
  import { spawn } from 'node:child_process'
  const child = spawn('node_modules/.bin/ndcheckpoint', ['view', 'run', '--json'])
  let text = ''
  for await (const part of child.stdout) {
    text += part
    if (text.includes('}')) break
  }
  const { url } = JSON.parse(text)
  const page = await (await fetch(url)).text()
  const { imports } = JSON.parse(/importmap"[^>]*>(.*?)</.exec(page)[1])
  const files = [...Object.values(imports), 'main.js', 'app.js', 'style.css', 'icon.svg']
  for (const file of files) process.stdout.write((await fetch(new URL(file, url))).status + ' ')
  child.kill('SIGINT')
`

void t.test(
  'the tarball installs in an empty folder, and saves and restores there',
  { skip, timeout: 600_000 },
  async (t) => {
    const folder = t.testdir({ 'package.json': '{ "private": true }' })
    const { filename } = await pack('--pack-destination', folder)
    const install = ['install', '--no-save', '--omit=dev', '--no-audit', '--no-fund', filename]
    await run('npm', install, { cwd: folder, env, maxBuffer: 1e7 })

    const modules = join(folder, 'node_modules')
    const addon = join(modules, 'ndcheckpoint/build/Release/ndcheckpoint.node')
    t.ok(existsSync(addon), 'compiled on install')
    t.notOk(existsSync(join(modules, 'typescript')), 'nothing of the developers')

    writeFileSync(
      join(folder, 'save.js'),
      `const { Checkpoint, NumpyState, zeros } = require('ndcheckpoint')
      const arrays = new NumpyState()
      arrays.x = zeros([3, 4])
      arrays.x.set(1, 1, 4)
      new Checkpoint({ numpy_arrays: arrays }).save('run/ckpt').then(console.log)`,
    )
    writeFileSync(
      join(folder, 'restore.mjs'),
      `import { Checkpoint, NumpyState, latestCheckpoint } from 'ndcheckpoint'
      const checkpoint = new Checkpoint({ numpy_arrays: new NumpyState() })
      await checkpoint.restore(latestCheckpoint('run'))
      const { x } = checkpoint.numpy_arrays
      console.log(JSON.stringify([x.shape, x.get(1, 1), x.get(0, 0), checkpoint.saveCounter]))`,
    )
    const node = async (file: string): Promise<string> =>
      (await run(process.execPath, [file], { cwd: folder, env })).stdout.trim()
    t.match(await node('save.js'), /run\/ckpt-1$/)
    const program = join(modules, '.bin/ndcheckpoint')
    const { stdout } = await run(program, ['inspect', 'run', '--stats'], { cwd: folder, env })
    t.match(
      stdout,
      /x +float64 +\[3, 4\] +96 B +0 +4 /,
      'the program is installed, with its libraries',
    )
    t.equal(await node('restore.mjs'), '[[3,4],4,0,1]')
    writeFileSync(join(folder, 'view.mjs'), VIEW)
    t.match(await node('view.mjs'), /^(200 ?){9,}$/, 'the page has its files and its packages')
  },
)
