/**
 * `completion`: scripts with which shells complete commands, options and paths. All three ask
 * nothing of the program while one types.
 *
 * @module
 */
import { GOOD, type Call, type CommandSpec, type OptionSpec } from '../spec.js'

const GLOBAL = ['--help', '--json']

export function run({ terminal, args, commands }: Call): number {
  const [shell = ''] = args
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined
  if (script === undefined) {
    throw new TypeError(`no completion for '${shell}'; there is bash, zsh and fish`)
  }
  const text = script(commands)
  if (terminal.json) terminal.printJson({ shell, script: text })
  else terminal.print(text)
  return GOOD
}

type Specs = readonly CommandSpec[]

const SCRIPTS: Readonly<Record<string, (commands: Specs) => string>> = { bash, zsh, fish }

const longOf = ({ flags }: OptionSpec): string => /--[\w-]+/.exec(flags)?.[0] ?? ''

const optionsOf = ({ options }: CommandSpec): string[] => [...options.map(longOf), ...GLOBAL]

const names = (commands: Specs): string => commands.map(({ name }) => name).join(' ')

/** Options with a fixed set of values, and the shells of this very command. */
function* choices(commands: Specs): Generator<{ command: string; option: string; values: string }> {
  for (const { name, options } of commands) {
    for (const option of options) {
      const { choices } = option
      if (choices) yield { command: name, option: longOf(option), values: choices.join(' ') }
    }
  }
}

function bash(all: Specs): string {
  const cases = all.map((spec) => `    ${spec.name}) options="${optionsOf(spec).join(' ')}" ;;`)
  const values = Array.from(choices(all), ({ command, option, values }) => {
    return `    ${command}:${option}) values="${values}" ;;`
  })
  return `# ndcheckpoint completion bash >> ~/.bashrc
_ndcheckpoint() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}"
  local command="\${COMP_WORDS[1]}" options="" values=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names(all)} --help --version" -- "$word"))
    return
  fi
  case "$command:$before" in
${values.join('\n')}
    completion:completion) values="bash zsh fish" ;;
  esac
  if [ -n "$values" ]; then
    COMPREPLY=($(compgen -W "$values" -- "$word"))
    return
  fi
  case "$command" in
${cases.join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
  esac
}
complete -o default -F _ndcheckpoint ndcheckpoint
`
}

/** A word of zsh and fish in single quotes. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

function zsh(all: Specs): string {
  const commands = all.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`)
  const cases = all.map((spec) => {
    const lines = [...spec.options.map(zshOption), `'--json[print one JSON document]'`, `'--help'`]
    return `    ${spec.name}) _arguments ${[...lines, ...zshArguments(spec)].join(' ')} ;;`
  })
  return `#compdef ndcheckpoint
# ndcheckpoint completion zsh > "\${fpath[1]}/_ndcheckpoint"
_ndcheckpoint() {
  local -a commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = _ndcheckpoint ]; then _ndcheckpoint "$@"; else compdef _ndcheckpoint ndcheckpoint; fi
`
}

const zshArguments = ({ name }: CommandSpec): string[] =>
  name === 'completion' ? [quoted('1:shell:(bash zsh fish)')] : [quoted('*:path:_files')]

function zshOption(option: OptionSpec): string {
  const said = option.description.replace(/[[\]:\\]/g, '\\$&')
  const values = option.choices === undefined ? '' : `(${option.choices.join(' ')})`
  const takes = option.flags.includes('<') ? `:value:${values}` : ''
  return quoted(`${option.repeats === true ? '*' : ''}${longOf(option)}[${said}]${takes}`)
}

function fish(all: Specs): string {
  const first = 'complete -c ndcheckpoint'
  const lines = all.flatMap((spec) => {
    const inside = `${first} -n '__fish_seen_subcommand_from ${spec.name}'`
    const top = `${first} -f -n __fish_use_subcommand -a ${spec.name} -d ${quoted(spec.summary)}`
    return [
      top,
      ...spec.options.map((option) => `${inside} ${fishOption(option)}`),
      `${inside} -l json -d 'print one JSON document'`,
    ]
  })
  const shells = `${first} -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'`
  const where = '# ndcheckpoint completion fish > ~/.config/fish/completions/ndcheckpoint.fish'
  return [where, ...lines, shells, ''].join('\n')
}

function fishOption(option: OptionSpec): string {
  const short = /^-(\w),/.exec(option.flags)?.[1]
  const values = option.choices === undefined ? '' : ` -a ${quoted(option.choices.join(' '))}`
  const takes = option.flags.includes('<') ? ` -x${values}` : ''
  const letter = short === undefined ? '' : `-s ${short} `
  return `${letter}-l ${longOf(option).slice(2)}${takes} -d ${quoted(option.description)}`
}
