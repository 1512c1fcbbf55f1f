/**
 * Makes docs/benchmarks.md of notes.md and of the last runs in results/: `npm run docs`. Of a workload
 * that was run for some contestants again there is a second section.
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
const names = Object.keys(workloads).flatMap((name) => [name, `${name}-only`, `${name}-cold`])
const reports = names
  .map((name) => join(results, `${name}.json`))
  .filter((path) => existsSync(path))
  .map((path) => JSON.parse(readFileSync(path, 'utf8')))
if (reports.length === 0) throw new Error('there are no results; run npm run bench first')
const notes = readFileSync(join(import.meta.dirname, 'notes.md'), 'utf8')
const page = [INTRODUCTION, notes, ...reports.map(render)].join('\n')
writeFileSync(join(import.meta.dirname, '../docs/benchmarks.md'), page)
