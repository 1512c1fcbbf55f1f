/**
 * What shells offer for a line, asked of the shells themselves.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { WITHOUT_LOADER } from '../fixtures/child'

export interface Asked {
  /** Of the test alone; the shell starts in it, and its configuration is in it. */
  readonly directory: string
  readonly script: string
  /** Up to the cursor. */
  readonly line: string
}

function run(command: readonly string[], directory: string, env: NodeJS.ProcessEnv): string {
  const [program, ...args] = [...WITHOUT_LOADER, ...command]
  // Nothing of the user's own configuration.
  const homes = { HOME: directory, XDG_CONFIG_HOME: directory, XDG_DATA_HOME: directory }
  const { stdout, stderr, status } = spawnSync(program, args, {
    ...{ cwd: directory, encoding: 'utf8', timeout: 60_000 },
    env: { PATH: process.env['PATH'], TERM: 'dumb', ...homes, ...env },
  })
  if (status !== 0) throw new Error(`status ${status ?? 'none'} of ${program}: ${stdout}${stderr}`)
  return stdout
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '')

/** Sorted by fish. */
export function fishOffers({ directory, script, line }: Asked): string[] {
  const code = 'source $SCRIPT; complete -C $LINE'
  const stdout = run(['fish', '--no-config', '-c', code], directory, { SCRIPT: script, LINE: line })
  return linesOf(stdout).map((found) => found.split('\t')[0] ?? '')
}

/** Configuration of a shell that writes down what it would offer, and ends. */
const ZSHRC = `
PROMPT='ready> '
fpath=($INSTALLED $fpath)
autoload -Uz compinit
compinit -u -D
if [ -n "$SOURCED" ]; then . "$SOURCED"; fi
bindkey '^I' list-choices
compadd() {
  # These do not add, they ask.
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
  local -a hits
  builtin compadd -O hits "$@"
  if (( $#hits )); then print -rl -- $hits >> $FOUND; fi
  builtin compadd "$@"
}
finish() { exit }
comppostfuncs=(finish)
`

/** zsh completes on a terminal only: its own module for pseudo-terminals types the line and a tab. */
const ZSH_DRIVER = `
zmodload zsh/zpty
zpty shell zsh -i
zpty -r shell seen '*ready*'
zpty -n -w shell "$LINE"$'\\t'
while zpty -r shell seen; do :; done
`

/** @param manner in fpath, where compinit finds it, or by `.` in ~/.zshrc */
export function zshOffers(
  { directory, script, line }: Asked,
  manner: 'fpath' | 'source',
): string[] {
  const [home, installed] = [join(directory, '.zsh'), join(directory, '.zsh/functions')]
  mkdirSync(installed, { recursive: true })
  writeFileSync(join(home, '.zshrc'), ZSHRC)
  const found = join(home, 'found')
  writeFileSync(found, '')
  if (manner === 'fpath') writeFileSync(join(installed, '_ndcheckpoint'), readFileSync(script))
  run(['zsh', '-f', '-c', ZSH_DRIVER], directory, {
    ...{ ZDOTDIR: home, INSTALLED: installed, FOUND: found, LINE: line },
    SOURCED: manner === 'source' ? script : '',
  })
  return linesOf(readFileSync(found, 'utf8')).sort()
}
