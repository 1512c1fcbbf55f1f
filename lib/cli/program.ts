/**
 * From the words of the command line to a command, and from what it throws to a line and a status.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError, Option } from 'commander'
import { isCheckpointError } from '../errors.js'
import { COMMANDS } from './commands.js'
import { FAILURE, type CommandSpec, type OptionSpec } from './spec.js'
import { Terminal } from './terminal.js'
import { harmless } from './text.js'

const PROGRAM = 'ndcheckpoint'

const ENVIRONMENT = `
Exit status: 0 for good, 1 for a finding (verify, diff), 2 for misuse or failure.
Environment: NO_COLOR and FORCE_COLOR; CKPT_DEBUG=1 shows where an error comes from.`

/** @returns the exit status; what failed is told by then */
export async function runProgram(words: readonly string[]): Promise<number> {
  let status = 0
  const program = build((code) => (status = code))
  if (words.length === 0) {
    process.stderr.write(program.helpInformation())
    return FAILURE
  }
  try {
    await program.parseAsync([...words], { from: 'user' })
    return status
  } catch (error) {
    // Help and version were asked for.
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    process.stderr.write(`${PROGRAM}: ${lineOf(error)}\n`)
    if (process.env['CKPT_DEBUG'] === '1') console.error(error)
    return FAILURE
  }
}

function lineOf(error: unknown): string {
  if (isCheckpointError(error)) return `${harmless(error.message)} [${error.code}]`
  if (error instanceof CommanderError) {
    const said = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
    return `${harmless(said)}; see '${PROGRAM} --help'`
  }
  return harmless(error instanceof Error ? error.message : String(error))
}

function build(done: (status: number) => void): Command {
  const program = new Command(PROGRAM)
    .description('Looks into checkpoints, compares, checks, converts and prunes them.')
    .version(version(), '-V, --version', 'print the version')
    .addHelpText('after', ENVIRONMENT)
    .helpCommand(false)
  for (const spec of COMMANDS) add(program, spec, done)
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .showSuggestionAfterError()
      .helpOption('-h, --help', 'print this help')
      .configureOutput({ writeErr: () => undefined })
  }
  return program
}

function version(): string {
  const text = readFileSync(join(__dirname, '../../package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

function add(program: Command, spec: CommandSpec, done: (status: number) => void): void {
  const command = program
    .command([spec.name, ...spec.args].join(' '))
    .summary(spec.summary)
    .description([capitalized(spec.summary), spec.details].filter(Boolean).join('\n\n'))
    .allowExcessArguments(false)
  for (const option of spec.options) command.addOption(optionOf(option))
  command.option('--json', 'print one JSON document')
  const examples = spec.examples.map((example) => `  $ ${PROGRAM} ${example}`).join('\n')
  command.addHelpText('after', `\nExamples:\n${examples}`)
  command.action(async () => {
    const options = command.opts<Record<string, unknown>>()
    const terminal = new Terminal(options['json'] === true, process.stdout, process.stderr)
    const { run } = await spec.load()
    done(await run({ terminal, args: command.args, options, commands: COMMANDS }))
  })
}

const capitalized = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

function optionOf({ flags, description, parse, repeats, choices }: OptionSpec): Option {
  const option = new Option(flags, description)
  if (choices !== undefined) option.choices(choices)
  else if (repeats === true) {
    option.argParser((value, before: readonly string[] | undefined) => [...(before ?? []), value])
  } else if (parse !== undefined) {
    option.argParser((value) => parse(value, `--${option.name()}`))
  }
  return option
}
