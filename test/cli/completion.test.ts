import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { COMMANDS } from '../../lib/cli/commands.js'
import { cli, cliJson } from './program'

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

/** Parses a script, where the shell is installed. */
const check = (shell: string, file: string): number | null | undefined => {
  const { error, status } = spawnSync(shell, ['-n', file])
  return error === undefined ? status : undefined
}

void t.test('zsh and fish', async (t) => {
  for (const shell of ['zsh', 'fish']) {
    const { status, stdout } = await cli(['completion', shell])
    t.equal(status, 0)
    for (const { name, options } of COMMANDS) {
      t.match(stdout, name)
      for (const { flags } of options) {
        const long = /--([\w-]+)/.exec(flags)?.[1] ?? ''
        t.match(stdout, shell === 'zsh' ? `--${long}[` : `-l ${long} `)
      }
    }
    const file = join(t.testdir(), `completion.${shell}`)
    writeFileSync(file, stdout)
    await t.test(shell, { skip: check(shell, file) === undefined && `no ${shell}` }, async (t) => {
      t.equal(check(shell, file), 0)
    })
  }
})

void t.test('another shell, and JSON', async (t) => {
  t.match(await cliJson(['completion', 'fish']), { shell: 'fish', script: /^#/ })
  const { status, stderr } = await cli(['completion', 'toString'])
  t.equal(status, 2)
  t.match(stderr, /^ndcheckpoint: no completion for 'toString'; there is bash, zsh and fish\n$/)
})
