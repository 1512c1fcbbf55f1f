/**
 * The architecture as a test: who may import whom. docs/architecture.md shows the same picture.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import t from 'tap'
import ts from 'typescript'

const root = join(__dirname, '..')
const lib = join(root, 'lib')

/** Low to high: a file imports from its own layer and from those before it. */
const LAYERS = [
  'errors',
  'twin',
  'failures',
  'data-plane',
  'addon',
  'native',
  'array',
  'formats',
  'bundle',
  'graph',
  'convert',
  'trackables',
  'views',
  'checkpoint',
  'manager',
  'inspect',
  'viewer',
  'tfjs',
  'index',
  'cli',
]

/** Served to the browser by lib/viewer/assets.ts. */
const PAGE_PACKAGES = ['preact', 'preact/hooks', 'uplot', 'd3-hierarchy']

/** Only this file knows that there is an addon. */
const ADDON_OWNER = 'addon.ts'
const ADDON = 'node-gyp-build'

interface Import {
  /** Paths in lib/ with `.ts`; of a package, its name. */
  readonly from: string
  readonly to: string
  /** False if nothing is left of it at run time. */
  readonly value: boolean
}

const layerOf = (file: string): string => file.split('/')[0]?.replace(/\.ts$/, '') ?? ''

/** `import`, `export … from`, `import()`, `require()` and `import('…').Type` of a source. */
function importsOf(from: string, source: string): Import[] {
  const imports: Import[] = []
  const add = (specifier: ts.Node | undefined, value: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return
    const { text } = specifier
    const path = posix.join(posix.dirname(from), text).replace(/\.js$/, '')
    imports.push({ from, to: text.startsWith('.') ? `${path}.ts` : text, value })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, importsValue(node.importClause))
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, exportsValue(node))
    else if (ts.isExternalModuleReference(node)) add(node.expression, true)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, false)
    } else if (ts.isCallExpression(node) && isLoad(node.expression)) add(node.arguments[0], true)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(from, source, ts.ScriptTarget.ES2022))
  return imports
}

const isLoad = (callee: ts.Expression): boolean =>
  callee.kind === ts.SyntaxKind.ImportKeyword ||
  (ts.isIdentifier(callee) && callee.text === 'require')

function importsValue(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return true
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return false
  const { name, namedBindings } = clause
  if (name !== undefined || namedBindings === undefined || ts.isNamespaceImport(namedBindings)) {
    return true
  }
  return namedBindings.elements.some(({ isTypeOnly }) => !isTypeOnly)
}

function exportsValue({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return false
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return true
  return exportClause.elements.some((element) => !element.isTypeOnly)
}

const isSource = (path: string): boolean => /\.tsx?$/.test(path)

/** What runs in a browser has no module of Node's, and the other way round; types have no place. */
const isPage = (file: string): boolean => file.startsWith('viewer/page/')

/** One sentence for each import that goes up, and for each that should not know the addon. */
function violations(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to, value }) => {
    if (isPage(from) && !isSource(to) && !PAGE_PACKAGES.includes(to)) {
      return [`${from} imports ${to}, which the page does not have`]
    }
    if (!isSource(to)) {
      const sees = to === ADDON || to.endsWith('.node') || to === 'bindings'
      return sees && from !== ADDON_OWNER ? [`${from} loads the addon (${to})`] : []
    }
    if (value && isPage(from) !== isPage(to)) return [`${from} imports ${to}, of another world`]
    const [low, high] = [LAYERS.indexOf(layerOf(to)), LAYERS.indexOf(layerOf(from))]
    if (high < 0) return [`${from} is in no layer`]
    if (low < 0) return [`${from} imports ${to}, which is in no layer`]
    if (low > high) return [`${from} imports ${to}, which is above it`]
    const across = to.startsWith('bundle/write/') && from.startsWith('bundle/read/')
    const back = to.startsWith('bundle/read/') && from.startsWith('bundle/write/')
    return across || back ? [`${from} imports ${to}: reading and writing share bundle/ only`] : []
  })
}

/** Files that need each other at run time, as `a → b → a`; each cycle once. */
function cycles(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>()
  for (const { from, to, value } of imports) {
    if (value) next.set(from, [...(next.get(from) ?? []), to])
  }
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file)
    if (at >= 0) found.push([...path.slice(at), file].join(' → '))
    if (at >= 0 || done.has(file)) return
    for (const to of next.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of next.keys()) visit(file, [])
  return found
}

/** Includes of a core file that only the addon's own files may have. */
const nodeIncludes = (source: string): string[] =>
  Array.from(source.matchAll(/^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]/gm), ([, path]) => path)
    .filter((path) => path !== undefined)
    .filter(
      (path) =>
        /(^|\/)(napi(-inl)?|node_api|js_native_api|node|uv|v8)\w*\.h$/.test(path) ||
        path.includes('addon/'),
    )

const filesOf = (directory: string, wanted: RegExp): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && wanted.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()

// Neither the .d.ts beside them nor a .js that an earlier source has left.
const sources = filesOf(lib, /(?<!\.d)\.tsx?$/).map((path) => relative(lib, path))
const imports = sources
  .flatMap((file) => importsOf(file, readFileSync(join(lib, file), 'utf8')))
  .map((each) => (sources.includes(`${each.to}x`) ? { ...each, to: `${each.to}x` } : each))

void t.test('imports go down', (t) => {
  t.ok(sources.length > 40 && imports.length > 150, 'the sources were found')
  t.strictSame(violations(imports), [])
  for (const { from, to } of imports.filter(({ to }) => isSource(to))) {
    if (!sources.includes(to)) t.fail(`${from} imports ${to}, which does not exist`)
  }
  t.end()
})

void t.test('every file of lib/ is in a layer and every layer has files', (t) => {
  t.strictSame([...new Set(sources.map(layerOf))].sort(), LAYERS.toSorted())
  t.end()
})

void t.test('only lib/addon.ts mentions the addon', (t) => {
  const mentions = sources.filter((file) =>
    /node-gyp-build|dlopen|CKPT_NATIVE/.test(readFileSync(join(lib, file), 'utf8')),
  )
  t.strictSame(mentions, [ADDON_OWNER])
  t.end()
})

void t.test('no file of lib/ needs itself at run time', (t) => {
  t.strictSame(cycles(imports), [])
  t.end()
})

void t.test('violations would be seen', (t) => {
  const value = true
  const madeUp = [
    { from: 'bundle/reader.ts', to: 'graph/walk.ts', value: false },
    { from: 'errors.ts', to: 'twin.ts', value },
    { from: 'bundle/read/strings.ts', to: 'bundle/write/values.ts', value },
    { from: 'bundle/table/reader.ts', to: 'bundle/names.ts', value },
    { from: 'bundle/names.ts', to: 'array/dtype.ts', value },
    { from: 'bundle/names.ts', to: 'helpers/all.ts', value },
    { from: 'helpers/all.ts', to: 'errors.ts', value },
    { from: 'trackables/state.ts', to: 'node-gyp-build', value },
    { from: 'addon.ts', to: 'node-gyp-build', value },
    { from: 'trackables/state.ts', to: 'node:fs', value },
    { from: 'viewer/page/app.tsx', to: 'preact/hooks', value },
    { from: 'viewer/page/app.tsx', to: 'viewer/wire.ts', value: false },
    { from: 'viewer/page/app.tsx', to: 'viewer/wire.ts', value },
    { from: 'viewer/page/app.tsx', to: 'node:fs', value },
    { from: 'viewer/server.ts', to: 'viewer/page/route.ts', value },
  ]
  t.strictSame(violations(madeUp), [
    'bundle/reader.ts imports graph/walk.ts, which is above it',
    'errors.ts imports twin.ts, which is above it',
    'bundle/read/strings.ts imports bundle/write/values.ts: reading and writing share bundle/ only',
    'bundle/names.ts imports helpers/all.ts, which is in no layer',
    'helpers/all.ts is in no layer',
    'trackables/state.ts loads the addon (node-gyp-build)',
    'viewer/page/app.tsx imports viewer/wire.ts, of another world',
    'viewer/page/app.tsx imports node:fs, which the page does not have',
    'viewer/server.ts imports viewer/page/route.ts, of another world',
  ])
  t.end()
})

void t.test('cycles would be seen, and types make none', (t) => {
  const edge = (from: string, to: string, value = true): Import => ({ from, to, value })
  const ring = [edge('a.ts', 'b.ts'), edge('b.ts', 'c.ts'), edge('c.ts', 'b.ts')]
  t.strictSame(cycles(ring), ['b.ts → c.ts → b.ts'])
  t.strictSame(cycles([edge('a.ts', 'b.ts'), edge('b.ts', 'a.ts', false)]), [])
  t.strictSame(cycles([edge('a.ts', 'a.ts')]), ['a.ts → a.ts'])
  t.end()
})

void t.test('every way to import is seen', (t) => {
  const source = `
    import '../a.js'
    import b, { type B } from '../b.js'
    import { type C, type D } from '../c.js'
    import type { E } from '../e.js'
    import * as f from '../table/f.js'
    import g = require('../g.js')
    export { h } from './h.js'
    export type { I } from './i.js'
    export { type J } from './j.js'
    export * from './k.js'
    type L = import('./l.js').L
    const load = () => { require('./m.js'); return import('./n.js') }
    import { join } from 'node:path'
    export const text = "import x from './not-this.js'" // import y from './nor-this.js'
  `
  const seen = importsOf('bundle/x.ts', source).map(({ to, value }) => `${to} ${String(value)}`)
  t.strictSame(seen, [
    'a.ts true',
    'b.ts true',
    'c.ts false',
    'e.ts false',
    'table/f.ts true',
    'g.ts true',
    'bundle/h.ts true',
    'bundle/i.ts false',
    'bundle/j.ts false',
    'bundle/k.ts true',
    'bundle/l.ts false',
    'bundle/m.ts true',
    'bundle/n.ts true',
    'node:path true',
  ])
  t.end()
})

void t.test('native/core knows nothing of Node', (t) => {
  const files = filesOf(join(root, 'native/core'), /\.(cc|h)$/)
  t.ok(files.length > 20, 'the sources were found')
  for (const file of files) {
    t.strictSame(nodeIncludes(readFileSync(file, 'utf8')), [], relative(root, file))
  }
  const bad =
    '#include <napi.h>\n# include "node_api.h"\n#include "../addon/task.h"\n#include "job.h"'
  t.strictSame(nodeIncludes(bad), ['napi.h', 'node_api.h', '../addon/task.h'], 'would be seen')
  t.end()
})

void t.test('only one header of native/addon includes napi.h', (t) => {
  const including = filesOf(join(root, 'native/addon'), /\.(cc|h)$/).filter((file) =>
    nodeIncludes(readFileSync(file, 'utf8')).includes('napi.h'),
  )
  t.strictSame(
    including.map((file) => relative(root, file)),
    ['native/addon/napi_setup.h'],
  )
  t.end()
})

void t.test('native/sources.json lists every C++ file, and each of them exists', (t) => {
  const path = join(root, 'native/sources.json')
  const listed = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string[]>
  t.strictSame(Object.keys(listed), ['core', 'addon'])
  for (const [part, files] of Object.entries(listed)) {
    const found = filesOf(join(dirname(path), part), /\.cc$/).map((file) => relative(root, file))
    t.strictSame(files.toSorted(), found, part)
  }
  t.end()
})
