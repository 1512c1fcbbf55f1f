import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = join(__dirname, '../..')

/** Codes with the names of their details, from the source: types are gone at run time. */
const declared = (source: string): Map<string, string[]> => {
  const body = /^export interface ErrorDetails \{\n(.*?)^\}/ms.exec(source)?.[1] ?? ''
  return new Map(
    Array.from(body.matchAll(/^ {2}(\w+): \{\n(.*?)^ {2}\}/gms), ([, code = '', fields = '']) => [
      code,
      Array.from(fields.matchAll(/^ {4}(\w+\??):/gm), ([, field = '']) => field),
    ]),
  )
}

/** Headings of codes with the fields listed below them. */
const documented = (text: string): Map<string, string[]> =>
  new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((section) => [
        section.slice(0, section.indexOf('\n')),
        Array.from(section.matchAll(/^- `(\w+\??)`:/gm), ([, field = '']) => field),
      ]),
  )

const codes = declared(readFileSync(join(root, 'lib/errors.ts'), 'utf8'))
const sections = documented(readFileSync(join(root, 'docs/errors.md'), 'utf8'))

void t.test('every error code has its heading, and every heading its code', (t) => {
  t.ok(codes.size >= 8, 'the interface was found')
  t.strictSame([...sections.keys()], [...codes.keys()])
  t.end()
})

void t.test('every heading lists the details of its code', (t) => {
  for (const [code, fields] of codes) {
    t.ok(fields.length > 0, code)
    t.strictSame(sections.get(code)?.toSorted(), fields.toSorted(), code)
  }
  t.end()
})

void t.test('each section tells causes and the way out', (t) => {
  const text = readFileSync(join(root, 'docs/errors.md'), 'utf8')
  for (const section of text.split(/^## /m).slice(1)) {
    t.match(section, /Way out: |\| way out \|/, section.slice(0, 20))
  }
  t.end()
})
