/** Graphviz, where it is installed, and its rules for those who do without. */
import { spawnSync } from 'node:child_process'

/** Why a test with Graphviz is skipped; false if it can run. */
export const noGraphviz: string | false =
  spawnSync('dot', ['-V']).status === 0 ? false : 'Graphviz is not installed: there is no dot'

/** A drawn graph as SVG. Of fonts that are not there Graphviz only warns. */
export function draw(text: string): string {
  const { status, stdout, stderr } = spawnSync('dot', ['-Tsvg'], { input: text, encoding: 'utf8' })
  if (status !== 0 || /error/i.test(stderr)) throw new Error(`dot: ${stderr}`)
  return stdout
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
}

const resolve = (text: string): string =>
  text.replace(/&(#\d+|#x[\da-f]+|\w+);/g, (whole, entity: string) => {
    const [, hex, decimal] = /^#(?:x([\da-f]+)|(\d+))$/.exec(entity) ?? []
    if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16))
    if (decimal !== undefined) return String.fromCodePoint(parseInt(decimal, 10))
    return ENTITIES[entity] ?? whole
  })

/** The lines that Graphviz shows for a quoted string, which must be nothing but one. */
export function shownBy(quoted: string): string[] {
  const inner = /^"((?:[^"\\]|\\.)*)"$/su.exec(quoted)?.[1]
  if (inner === undefined) throw new Error(`not one quoted string: ${quoted}`)
  const text = inner.replace(/\\(.)/gsu, (whole, character: string) => {
    if (character === 'n') return '\n'
    if (character === '"' || character === '\\') return character
    throw new Error(`${whole} means something else in a label`)
  })
  return resolve(text).split('\n')
}

/** Texts of an SVG in the order of drawing; Graphviz writes no plain spaces. */
export const textsOf = (svg: string): string[] =>
  Array.from(svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g), ([, text = '']) =>
    resolve(text).replaceAll('\u{a0}', ' '),
  )
