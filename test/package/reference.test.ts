// Writes the reference as `npm run docs` does, and reads it: typedoc's own checks have no complaint, every
// public name has its page, and no link of any page is dead.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import ts from 'typescript'

const root = join(__dirname, '../..')
const run = promisify(execFile)

const MODULES = { ndcheckpoint: 'lib/index.ts', ndcheckpoint_tfjs: 'lib/tfjs/index.ts' }

/** Names that a module of re-exports exports, types among them. */
function exportsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022)
  return source.statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement)) return []
    const { exportClause } = statement
    if (exportClause === undefined || !ts.isNamedExports(exportClause)) return []
    return exportClause.elements.map(({ name }) => name.text)
  })
}

/** How the pages of a site refer to places: their links, and what links may end in. */
interface Page {
  readonly links: string[]
  readonly ids: Set<string>
}

function readPage(path: string): Page {
  const text = readFileSync(path, 'utf8')
  const values = (pattern: RegExp): string[] =>
    Array.from(text.matchAll(pattern), ([, value = '']) => value.replaceAll('&amp;', '&'))
  return { links: values(/<a [^>]*?href="([^"]*)"/g), ids: new Set(values(/ id="([^"]*)"/g)) }
}

/** Links inside a site that lead nowhere. */
function deadLinks(site: string, pages: ReadonlyMap<string, Page>): string[] {
  return Array.from(pages).flatMap(([path, { links }]) =>
    [...new Set(links)]
      .filter((link) => {
        if (/^(https?|mailto):/.test(link)) return false
        const [file = '', anchor = ''] = link.split('#').map(decodeURIComponent)
        const target = file === '' ? path : join(dirname(path), file)
        if (!existsSync(target)) return true
        const page = pages.get(target)
        return anchor !== '' && page !== undefined && !page.ids.has(anchor)
      })
      .map((link) => `${relative(site, path)} → ${link}`),
  )
}

void t.test('the reference has everything, and typedoc has no complaint', async (t) => {
  const site = join(t.testdir(), 'site')
  // Its package exports no such path to `require`.
  const typedoc = join(root, 'node_modules/typedoc/bin/typedoc')
  // Without tap's loaders.
  const env = { ...process.env, NODE_OPTIONS: '' }
  const args = [typedoc, '--out', site, '--logLevel', 'Warn']
  const { stdout, stderr } = await run(process.execPath, args, { cwd: root, env }).catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  )
  t.equal(stdout + stderr, '', 'no warnings')
  if (!existsSync(site)) return

  const paths = readdirSync(site, { recursive: true, encoding: 'utf8' })
  const named = new Set(paths.map((path) => path.replace(/^\w+\/(.*)\.html$/, '$1')))
  for (const [module, file] of Object.entries(MODULES)) {
    const names = exportsOf(file)
    t.ok(names.length > 15, file)
    const missing = names.filter((name) => !named.has(`${module}.${name}`))
    t.strictSame(missing, [], `all names of ${file} have a page`)
  }

  const pages = new Map(
    paths
      .filter((path) => path.endsWith('.html'))
      .map((path) => [join(site, path), readPage(join(site, path))]),
  )
  t.ok(pages.size > 150)
  t.strictSame(deadLinks(site, pages), [])
})

void t.test('the pages of docs are part of it, in the order of their index', (t) => {
  const { config, error } = ts.readConfigFile(join(root, 'typedoc.json'), (path) =>
    readFileSync(path, 'utf8'),
  ) as { config: { projectDocuments: string[] }; error?: unknown }
  t.equal(error, undefined)
  const index = readFileSync(join(root, 'docs/README.md'), 'utf8')
  const listed = Array.from(index.matchAll(/^\| \[.*?\]\((.*?)\) \|/gm), ([, target = '']) =>
    join('docs', target),
  )
  t.strictSame(
    config.projectDocuments.filter((path) => path.startsWith('docs/')),
    ['docs/README.md', ...listed],
  )
  t.end()
})
