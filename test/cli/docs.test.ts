// Runs docs/cli.md as its reader would: its program, then its sessions, and compares what they print.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { COMMANDS } from '../../lib/cli/commands.js'
import { blocksOf } from '../fixtures/guide'

const root = join(__dirname, '../..')
const page = readFileSync(join(root, 'docs/cli.md'), 'utf8')

interface Session {
  readonly line: number
  readonly command: string
  readonly output: string
}

function sessionsOf(text: string): Session[] {
  return blocksOf(text)
    .filter(({ language }) => language === 'console')
    .flatMap(({ code, line }) => {
      const sessions: { line: number; command: string; output: string }[] = []
      for (const [i, each] of code.entries()) {
        const last = sessions.at(-1)
        if (each.startsWith('$ '))
          sessions.push({ line: line + i, command: each.slice(2), output: '' })
        else if (last !== undefined) last.output += `${each}\n`
      }
      return sessions
    })
}

/** Ages differ, and with them the width of their column. */
const steady = (output: string): string =>
  output.replace(/\b(now|\d+ (s|min) ago)/g, 'AGE').replace(/ +/g, ' ')

function isLike(wanted: string, found: string): boolean {
  const parts = steady(wanted).split('…')
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')
  return new RegExp(`^${pattern}$`).test(steady(found))
}

/** A directory in which the package is installed, and `npx` is quick and needs no network. */
function install(directory: string): NodeJS.ProcessEnv {
  const [modules, bin] = [join(directory, 'node_modules'), join(directory, 'bin')]
  for (const made of [modules, bin]) mkdirSync(made)
  symlinkSync(root, join(modules, 'ndcheckpoint'))
  writeFileSync(join(directory, 'package.json'), '{}')
  const { bin: programs } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    bin: { ndcheckpoint: string }
  }
  const main = join(root, programs.ndcheckpoint)
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec '${process.execPath}' '${main}' "$@"\n`)
  chmodSync(join(bin, 'npx'), 0o755)
  return { PATH: `${bin}:${process.env['PATH'] ?? ''}` }
}

void t.test('the sessions of the page', (t) => {
  const directory = t.testdir()
  const env = install(directory)
  const [program] = blocksOf(page).filter(({ language }) => language === 'js')
  const source = `(async () => {\n${program?.code.join('\n') ?? ''}\n})()`
  execFileSync(process.execPath, ['-e', source], { cwd: directory, env })
  const sessions = sessionsOf(page)
  t.ok(sessions.length > 12)
  for (const { line, command, output } of sessions) {
    const args = ['--norc', '-c', command]
    const { stdout, stderr } = spawnSync('bash', args, { cwd: directory, env, encoding: 'utf8' })
    t.equal(stderr, '', command)
    if (isLike(output, stdout)) t.pass(`line ${line}: ${command}`)
    else t.equal(stdout, output, `line ${line}: ${command}`)
  }
  t.end()
})

void t.test('every command has a line in the table, and a session', (t) => {
  const commands = sessionsOf(page).map(({ command }) => command)
  for (const { name } of COMMANDS) {
    t.match(page, `| \`${name} `)
    // Of one the output is long; the other does not end.
    if (name !== 'completion' && name !== 'view')
      t.ok(commands.some((command) => command.includes(`ndcheckpoint ${name} `)))
  }
  t.end()
})
