import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { Checkpoint, NumpyState, zeros } from '../lib/index.js'

const root = join(__dirname, '..')
const run = promisify(execFile)

const read = (name: string): string => readFileSync(join(root, name), 'utf8')

/** What links to the headings of a document end in. */
const anchors = (name: string): string[] =>
  Array.from(read(name).matchAll(/^#+ (.*)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )

/** Fenced blocks of a language in a Markdown text. */
const blocks = (text: string, language: string): string[] =>
  Array.from(text.matchAll(/^```(\w+)\n(.*?)^```$/gms))
    .filter(([, name]) => name === language)
    .map(([, , body = '']) => body)

void t.test(
  'the first example of the README trains, and goes on when it is run again',
  async (t) => {
    const [example = ''] = blocks(read('README.md'), 'js')
    const code = example.split('\n').filter((line) => line.trim() !== '')
    t.ok(code.length <= 12, `${String(code.length)} lines`)
    const directory = t.testdir()
    const program =
      `const train = () => {}; (async () => {\n${example}\nconsole.log(arrays.step[0])\n})()`.replace(
        "require('ndcheckpoint')",
        `require(${JSON.stringify(join(root, 'lib'))})`,
      )
    const first = await run(process.execPath, ['-e', program], { cwd: directory })
    t.match(first.stdout, '1000n')
    t.match(readFileSync(join(directory, 'run/checkpoint'), 'utf8'), 'ckpt-10"')
    await run(process.execPath, ['-e', program], { cwd: directory })
    t.match(
      readFileSync(join(directory, 'run/checkpoint'), 'utf8'),
      'ckpt-10"',
      'nothing left to do',
    )
  },
)

void t.test('the README has exactly the two commands of its quick start', async (t) => {
  const section = read('README.md').split('## Quick start')[1]?.split('\n## ')[0] ?? ''
  t.same(blocks(section, 'sh'), ['npm install && npm run demo\nnpm test\n'])
})

void t.test('docs/format.md shows the bytes that are written', async (t) => {
  const directory = t.testdir()
  const arrays = new NumpyState()
  arrays['x'] = zeros([3, 4])
  const checkpoint = new Checkpoint({ numpy_arrays: arrays })
  const path = await checkpoint.save(join(directory, 'ckpt'), { alignment: 1 })
  const dump = read('docs/format.md').split('<!-- index -->')[1] ?? ''
  const [shown = ''] = blocks(dump, 'text')
  t.equal(readFileSync(`${path}.index`, 'hex'), shown.replaceAll('\n', ''))
  t.equal(statSync(`${path}.data-00000-of-00001`).size, 417)
})

/** Markdown files of a folder, from the root. */
const pagesIn = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)

void t.test('links between the documents lead somewhere', async (t) => {
  const documents = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].concat(
    ['docs', 'docs/guide', 'examples'].flatMap(pagesIn),
  )
  for (const document of documents) {
    for (const [, target = '', anchor] of read(document).matchAll(/\]\(([^)#:]+)#?([^)]*)\)/g)) {
      const path = join(dirname(document), target)
      t.ok(statSync(join(root, path), { throwIfNoEntry: false }), `${document} → ${target}`)
      if (anchor !== '')
        t.ok(anchors(path).includes(anchor ?? ''), `${target} has #${anchor ?? ''}`)
    }
  }
})

/** What the lines of a document's tables link to, from the root, with the text of the link. */
const listedIn = (document: string): string[][] =>
  Array.from(
    read(document).matchAll(/^\| \[(.*?)\]\((.*?)\) \|/gm),
    ([, text = '', target = '']) => [join(dirname(document), target), text],
  )

void t.test('the index of the documents has each page once, with its title', async (t) => {
  const pages = ['docs', 'docs/guide'].flatMap(pagesIn).filter((page) => page !== 'docs/README.md')
  const titles = pages.map((page) => [page, /^# (.*)/.exec(read(page))?.[1] ?? ''])
  t.ok(titles.length > 15)
  t.strictSame(listedIn('docs/README.md').toSorted(), titles.toSorted())
})

void t.test('the index of the examples has each program once', async (t) => {
  const programs = readdirSync(join(root, 'examples')).filter((name) => /\.m?js$/.test(name))
  const expected = [...programs, 'mnist/demo.js'].map((name) => [`examples/${name}`, name])
  t.strictSame(listedIn('examples/README.md').toSorted(), expected.toSorted())
})
