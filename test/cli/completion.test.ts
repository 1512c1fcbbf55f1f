import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { COMMANDS } from '../../lib/cli/commands.js'
import { cli, cliJson } from './program'
import { fishOffers, zshOffers, type Asked } from './shells'

/** What bash offers for the last of some words. */
function offered(script: string, ...words: string[]): string[] {
  const code = `. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ndcheckpoint
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const args = ['--norc', '-c', code, 'bash', script, 'ndcheckpoint', ...words]
  const { stdout, stderr } = spawnSync('bash', args, { encoding: 'utf8' })
  if (stderr !== '') throw new Error(stderr)
  return stdout.split('\n').filter((word) => word !== '')
}

void t.test('bash', async (t) => {
  const file = join(t.testdir(), 'completion.bash')
  writeFileSync(file, (await cli(['completion', 'bash'])).stdout)
  const all = [...COMMANDS.map(({ name }) => name), '--help', '--version']
  t.strictSame(offered(file, ''), all)
  t.strictSame(offered(file, 'i'), ['inspect'])
  t.strictSame(offered(file, 'diff', '--e'), ['--equal-nan'])
  t.strictSame(offered(file, 'convert', 'a', 'b', '--as', 'v'), ['variables'])
  t.strictSame(offered(file, 'completion', ''), ['bash', 'zsh', 'fish'])
  t.strictSame(offered(file, 'ls', 'run'), [], 'paths are completed by bash itself')
})

void t.test('zsh and fish are told every command and every option', async (t) => {
  for (const shell of ['zsh', 'fish']) {
    const { status, stdout } = await cli(['completion', shell])
    t.equal(status, 0)
    for (const { name, options } of COMMANDS) {
      t.match(stdout, name)
      for (const { flags } of options) {
        const long = /--([\w-]+)/.exec(flags)?.[1] ?? ''
        t.match(stdout, shell === 'zsh' ? new RegExp(`--${long}[[}]`) : `-l ${long} `)
      }
    }
  }
})

const names = COMMANDS.map(({ name }) => name).sort()

/** What is offered for the last word of a line, sorted; the options of one letter apart. */
const CASES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['', names],
  ['i', ['inspect']],
  ['--', ['--help', '--version']],
  ['diff --e', ['--equal-nan']],
  ['graph a -', ['--help', '--json', '--output', '--svg']],
  // What is no option is a path, of a command's name too.
  ['ls a', ['a.npz', 'a.svg']],
  ['ls prune --', ['--help', '--json', '--verify']],
  ['convert completion a', ['a.npz', 'a.svg']],
  ['convert a b --as ', ['numpyState', 'tensors', 'variables']],
  ['convert a b --as v', ['variables']],
  ['inspect a --filter x --fi', ['--filter']],
  ['graph a --output a.s', ['a.svg']],
  ['graph a -o a.s', ['a.svg']],
  // There is nothing to offer for a number.
  ['prune a --keep a', []],
  ['completion ', ['bash', 'fish', 'zsh']],
  ['completion fish a', []],
]

const OFFERS: Readonly<Record<string, (asked: Asked) => string[]>> = {
  fish: fishOffers,
  zsh: (asked) => zshOffers(asked, 'fpath'),
}

for (const [shell, offers] of Object.entries(OFFERS)) {
  const isHere = spawnSync(shell, ['--version']).status === 0
  const skip = isHere ? false : `${shell} is not installed`
  void t.test(`${shell} offers`, { skip }, async (t) => {
    const directory = t.testdir({ 'a.npz': '', 'a.svg': '' })
    const script = join(directory, '.completion')
    writeFileSync(script, (await cli(['completion', shell])).stdout)
    const ask = (line: string): string[] =>
      offers({ directory, script, line: `ndcheckpoint ${line}` }).sort()
    const isLong = (word: string): boolean => !/^-\w$/.test(word)
    for (const [line, offered] of CASES) t.strictSame(ask(line).filter(isLong), offered, line)
    const letters = ask('graph a -').filter((word) => !isLong(word))
    t.strictSame(letters, ['-h', '-o'], 'options of one letter')
    if (shell === 'zsh') {
      const asked = { directory, script, line: 'ndcheckpoint i' }
      t.strictSame(zshOffers(asked, 'source'), ['inspect'], 'read by .zshrc')
    }
  })
}

void t.test('another shell, and JSON', async (t) => {
  t.match(await cliJson(['completion', 'fish']), { shell: 'fish', script: /^#/ })
  const { status, stderr } = await cli(['completion', 'toString'])
  t.equal(status, 2)
  t.match(stderr, /^ndcheckpoint: no completion for 'toString'; there is bash, zsh and fish\n$/)
})
