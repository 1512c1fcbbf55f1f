/**
 * The real program as a child process, as a user's shell starts it.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { WITHOUT_LOADER } from '../fixtures/child'

const MAIN = join(__dirname, '../../lib/cli/main.js')

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  /** In a pseudo-terminal of so many columns; what is printed comes in `stdout`, all of it. */
  readonly columns?: number
}

// What decides about colours has to be said by the test.
const DECIDING = ['NO_COLOR', 'FORCE_COLOR', 'CI', 'COLORTERM']
const INHERITED: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !DECIDING.includes(name))),
  TERM: 'xterm',
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

function commandOf(args: readonly string[], columns: number | undefined): string[] {
  const command = [process.execPath, MAIN, ...args]
  if (columns === undefined) return command
  const line = `stty cols ${columns} rows 24; ${command.map(quoted).join(' ')}`
  return ['script', '--quiet', '--return', '--command', line, '/dev/null']
}

export async function cli(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { cwd, env = {}, input = '', columns } = options
  const [command, ...rest] = [...WITHOUT_LOADER, ...commandOf(args, columns)]
  const child = spawn(command, rest, { cwd, env: { ...INHERITED, ...env } })
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (data: Buffer) => out.push(data))
  child.stderr.on('data', (data: Buffer) => err.push(data))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const text = (parts: Buffer[]): string => Buffer.concat(parts).toString().replaceAll('\r\n', '\n')
  return { status, stdout: text(out), stderr: text(err) }
}

/** What `--json` prints, of a command that ends with `status`. */
export async function cliJson(args: readonly string[], status = 0): Promise<never> {
  const ended = await cli([...args, '--json'])
  if (ended.status !== status) throw new Error(`status ${ended.status ?? ''}: ${ended.stderr}`)
  return JSON.parse(ended.stdout) as never
}

export const tensorflowFixture = (name: string): string =>
  join(__dirname, '../interop/fixtures/tf', name)
