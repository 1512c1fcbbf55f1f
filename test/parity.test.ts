// docs/tensorflow.md has a row for every name of TensorFlow's, and names of ours that exist.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { TENSORFLOW_NAMES } from './fixtures/tensorflow-names'

const root = join(__dirname, '..')
const document = readFileSync(join(root, 'docs/tensorflow.md'), 'utf8')

interface Row {
  readonly theirs: string
  readonly ours: string
  readonly verdict: string
  readonly why: string
}

/** The rows of the tables, by the headings above them. */
function tablesOf(text: string): Map<string, Row[]> {
  const tables = new Map<string, Row[]>()
  for (const section of text.split(/^## /m).slice(1)) {
    const heading = section.slice(0, section.indexOf('\n'))
    const rows = Array.from(section.matchAll(/^\| (.*) \|$/gm), ([, cells = '']) => {
      const [theirs = '', ours = '', verdict = '', why = ''] = cells.split('|').map((c) => c.trim())
      return { theirs, ours, verdict, why }
    })
    if (rows.length > 0) tables.set(heading, rows.slice(2))
  }
  return tables
}

const codesIn = (cell: string): string[] =>
  Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = '']) => code)

/** What the package exports: names, and `Name.member` for classes and types. */
function publicNames(): Set<string> {
  const path = join(root, 'lib/index.ts')
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.Node20, noEmit: true }
  const program = ts.createProgram([path], { ...options, skipLibCheck: true, types: ['node'] })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(path)
  const module = source && checker.getSymbolAtLocation(source)
  if (source === undefined || module === undefined) throw new Error(`${path} exports nothing`)
  const names = new Set<string>()
  for (const found of checker.getExportsOfModule(module)) {
    const isAlias = (found.flags & ts.SymbolFlags.Alias) !== 0
    const symbol = isAlias ? checker.getAliasedSymbol(found) : found
    names.add(found.name)
    const types = [checker.getDeclaredTypeOfSymbol(symbol)]
    for (const property of types.flatMap((type) => checker.getPropertiesOfType(type))) {
      names.add(`${found.name}.${property.name}`)
    }
  }
  return names
}

const tables = tablesOf(document)

void t.test("every name of TensorFlow's has one row", (t) => {
  for (const [heading, names] of Object.entries(TENSORFLOW_NAMES)) {
    const rows = tables.get(heading)?.map(({ theirs }) => theirs.replace(/^`(.*)`$/, '$1'))
    t.strictSame(rows?.toSorted(), names.toSorted(), heading)
  }
  t.strictSame([...tables.keys()], Object.keys(TENSORFLOW_NAMES))
  t.end()
})

void t.test('every row has a verdict, and a reason where it is not the same', (t) => {
  for (const { theirs, ours, verdict, why } of [...tables.values()].flat()) {
    t.ok(['same', 'better', 'does not apply'].includes(verdict), `${theirs}: ${verdict}`)
    if (verdict !== 'same') t.not(why, '', theirs)
    if (verdict !== 'does not apply') t.not(codesIn(ours).length, 0, theirs)
    t.ok(codesIn(ours).length > 0 || ours === '—', `${theirs}: ${ours}`)
  }
  t.end()
})

void t.test('names of ours are exported, or members of what is', (t) => {
  const names = publicNames()
  for (const name of ['Checkpoint.save', 'RestoreOptions.remap', 'NdArray.get', 'zeros']) {
    t.ok(names.has(name), `${name} is found`)
  }
  t.notOk(names.has('Checkpoint.train'), 'others are not')
  for (const { theirs, ours, why } of [...tables.values()].flat()) {
    for (const code of codesIn(ours)) t.ok(names.has(code), `${theirs}: ${code} exists`)
    // What looks like a member of ours is one in the last column, too.
    for (const code of codesIn(why).filter((code) => /^[A-Z]\w*\.\w+$/.test(code))) {
      t.ok(names.has(code), `${theirs}: ${code} exists`)
    }
  }
  t.end()
})

void t.test('a missing row, a wrong verdict and a wrong name would be seen', (t) => {
  const made = tablesOf(
    '## A\n\n| x | y | | |\n| --- | --- | --- | --- |\n| `a` | `b` | same | |\n',
  )
  t.strictSame([...made], [['A', [{ theirs: '`a`', ours: '`b`', verdict: 'same', why: '' }]]])
  t.strictSame(codesIn('`a`, `b.c`'), ['a', 'b.c'])
  t.end()
})
