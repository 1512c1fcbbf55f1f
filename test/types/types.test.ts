/**
 * Compiles users' programs against the declarations as they are installed: a copy of what the
 * tarball holds, under node_modules. In the repository the compiler would take the sources.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const root = join(__dirname, '../..')
const run = promisify(execFile)
const tsc = require.resolve('typescript/bin/tsc')

/** What a strict user writes; every check of the package's own declarations is on. */
const STRICT = {
  target: 'es2022',
  module: 'node20',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: false,
}

/** Modules of users, of both kinds. */
const CONSUMERS = [
  'consumer.mts',
  'consumer.cts',
  'consumer-containers.mts',
  'consumer-formats.mts',
  'consumer-objects.mts',
]

/** Installs the declarations in a folder, with the consumers beside them. */
async function install(folder: string): Promise<string[]> {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const { stdout } = await run('npm', args, { cwd: root, maxBuffer: 1e7 })
  const [packed] = JSON.parse(stdout) as { files: { path: string }[] }[]
  const paths = (packed?.files ?? [])
    .map(({ path }) => path)
    .filter((path) => /\.[cm]?ts$/.test(path))
  for (const path of [...paths, 'package.json']) {
    const target = join(folder, 'node_modules/ndcheckpoint', path)
    mkdirSync(dirname(target), { recursive: true })
    cpSync(join(root, path), target)
  }
  for (const name of CONSUMERS) {
    cpSync(join(__dirname, name), join(folder, name))
  }
  return paths.map((path) => join('node_modules/ndcheckpoint', path))
}

interface Verdict {
  readonly complaints: string[]
  /** Files of the package that were compiled. */
  readonly read: string[]
}

async function compile(
  folder: string,
  files: readonly string[],
  options: object = {},
): Promise<Verdict> {
  const config = { compilerOptions: { ...STRICT, ...options }, files }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const args = [tsc, '-p', folder, '--listFiles', '--pretty', 'false']
  const { stdout } = await run(process.execPath, args, { cwd: folder, maxBuffer: 1e7 }).catch(
    // It exits with an error if it complains.
    (error: unknown) => error as { stdout: string },
  )
  const lines = stdout.split('\n').filter((line) => line !== '')
  const listed = lines.filter((line) => isAbsolute(line))
  const read = listed.filter((line) => line.includes('/node_modules/ndcheckpoint/'))
  return { complaints: lines.filter((line) => !isAbsolute(line)), read }
}

void t.test('users of both module kinds compile, wrong uses do not', async (t) => {
  const folder = t.testdir({ 'package.json': '{ "private": true }' })
  await install(folder)
  const { complaints, read } = await compile(folder, CONSUMERS)
  t.strictSame(complaints, [])
  t.ok(read.length > 20, 'the declarations were found')
  t.strictSame(
    read.filter((path) => !path.endsWith('.d.ts')),
    [],
    'no source was compiled in their place',
  )
})

void t.test('every declaration stands without what was internal', async (t) => {
  const folder = t.testdir({ 'package.json': '{ "private": true }' })
  const declarations = await install(folder)
  t.ok(declarations.length > 40, 'the declarations were found')
  t.strictSame((await compile(folder, declarations)).complaints, [])
})

void t.test('bundlers and the strictest settings compile', async (t) => {
  const folder = t.testdir({ 'package.json': '{ "private": true, "type": "module" }' })
  await install(folder)
  const bundler = { module: 'esnext', moduleResolution: 'bundler' }
  t.strictSame((await compile(folder, ['consumer.mts'], bundler)).complaints, [])
  writeFileSync(
    join(folder, 'user.ts'),
    `import { Checkpoint, NumpyState, type NdArray, openCheckpoint } from 'ndcheckpoint'
    const state = new NumpyState<{ x?: NdArray }>()
    await new Checkpoint({ state }).restore('a')
    await using reader = await openCheckpoint('a')
    console.log(state.x?.shape, reader.path)`,
  )
  const strictest = {
    verbatimModuleSyntax: true,
    isolatedModules: true,
    noImplicitOverride: true,
    noPropertyAccessFromIndexSignature: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
  }
  t.strictSame((await compile(folder, ['user.ts'], strictest)).complaints, [])
})

void t.test('errors would be seen', async (t) => {
  const folder = t.testdir({
    'package.json': '{ "private": true }',
    'wrong.mts': `import { zeros, nothing } from 'ndcheckpoint'
      export const x: string = zeros([1]).get(0)
      // @ts-expect-error
      export const y: number = zeros([1]).get(0)`,
  })
  await install(folder)
  const { complaints } = await compile(folder, ['wrong.mts'])
  const codes = complaints.map((line) => /error (TS\d+)/.exec(line)?.[1])
  t.strictSame(codes, ['TS2305', 'TS2322', 'TS2578'])
})
