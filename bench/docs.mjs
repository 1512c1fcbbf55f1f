/**
 * Makes docs/benchmarks.md of notes.md and of the last runs in results/: `npm run docs`. Sections of
 * which there is no new run stay. Of a workload that was run for some contestants again, or with the
 * page cache dropped, there is a section more.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { render } from './report/render.mjs'
import { workloads } from './workloads/index.mjs'

const INTRODUCTION = `# Benchmarks

What a save and a restore cost, beside what Node has built in and beside the limits of the machine in
the same run. [bench/README.md](../bench/README.md) says what each column means and how it is
measured; the command of each section repeats it. Times differ by a factor of two between machines and
moments; the ratios differ less.
`

const results = join(import.meta.dirname, 'results')
const page = join(import.meta.dirname, '../docs/benchmarks.md')
const names = Object.keys(workloads).flatMap((name) => [name, `${name}-only`, `${name}-cold`])

/** Stands before each section, so that one can be replaced and the others stay as they are. */
const mark = (name) => `<!-- results/${name}.json -->\n`

/** The sections of the page as it is, by the names of their results. */
function earlierSections() {
  const parts = readFileSync(page, 'utf8').split(/^<!-- results\/(\S+)\.json -->\n/m)
  const sections = new Map()
  for (let i = 1; i < parts.length; i += 2) sections.set(parts[i], parts[i + 1].trimEnd() + '\n')
  return sections
}

const sections = earlierSections()
for (const name of names) {
  const path = join(results, `${name}.json`)
  if (existsSync(path)) sections.set(name, render(JSON.parse(readFileSync(path, 'utf8'))))
}
if (sections.size === 0) throw new Error('there are no results; run npm run bench first')
const notes = readFileSync(join(import.meta.dirname, 'notes.md'), 'utf8')
const ordered = names.filter((name) => sections.has(name))
const text = ordered.map((name) => mark(name) + sections.get(name))
writeFileSync(page, [INTRODUCTION, notes, ...text].join('\n'))
