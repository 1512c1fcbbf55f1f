/**
 * `completion`: scripts with which shells complete commands, options and paths. All three ask
 * nothing of the program while one types.
 *
 * @module
 */
import { GOOD, type Call, type CommandSpec, type OptionSpec } from '../spec.js'

const HELP: OptionSpec = { flags: '-h, --help', description: 'print this help' }
const VERSION: OptionSpec = { flags: '-V, --version', description: 'print the version' }
/** Options of every command. */
const ALWAYS: readonly OptionSpec[] = [
  HELP,
  { flags: '--json', description: 'print one JSON document' },
]

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

const shortOf = ({ flags }: OptionSpec): string | undefined => /^-(\w),/.exec(flags)?.[1]

const takesFile = ({ flags }: OptionSpec): boolean => flags.includes('<file>')

const optionsOf = ({ options }: CommandSpec): string[] => [...options, ...ALWAYS].map(longOf)

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
    const lines = [...spec.options.map(zshOption), ...ALWAYS.map(zshOption), zshArgument(spec)]
    return `    ${spec.name}) _arguments ${lines.join(' ')} ;;`
  })
  return `#compdef ndcheckpoint
# ndcheckpoint completion zsh > "\${fpath[1]}/_ndcheckpoint"
_ndcheckpoint() {
  local -a commands=(
${commands.join('\n')}
  )
  local -a options=('--help:${HELP.description}' '--version:${VERSION.description}')
  if (( CURRENT == 2 )); then
    _describe command commands
    _describe -o option options
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

const zshArgument = ({ name }: CommandSpec): string =>
  quoted(name === 'completion' ? '1:shell:(bash zsh fish)' : '*:path:_files')

function zshOption(option: OptionSpec): string {
  const [long, short] = [longOf(option), shortOf(option)]
  const said = option.description.replace(/[[\]:\\]/g, '\\$&')
  const values = option.choices === undefined ? '' : `(${option.choices.join(' ')})`
  const takes = option.flags.includes('<') ? `:value:${takesFile(option) ? '_files' : values}` : ''
  const rest = `[${said}]${takes}`
  const repeats = option.repeats === true
  if (short === undefined) return quoted(`${repeats ? '*' : ''}${long}${rest}`)
  // Either of both names is enough, unless one may give it again.
  const first = quoted(repeats ? '*' : `(-${short} ${long})`)
  return `${first}{-${short},${long}}${quoted(rest)}`
}

/** What fish's own conditions cannot tell: a path may be called as a command is. */
const FISH_CONDITIONS = `function __ndcheckpoint_words -d 'whether so many words stand before the cursor'
    test (count (commandline -opc)) -eq $argv[1]
end
function __ndcheckpoint_runs -d 'whether the first of them is this command'
    set -l words (commandline -opc)
    test (count $words) -gt 1; and test $words[2] = $argv[1]
end`

function fish(all: Specs): string {
  const top = `complete -c ndcheckpoint -n '__ndcheckpoint_words 1'`
  const inside = (name: string): string =>
    `complete -c ndcheckpoint -n '__ndcheckpoint_runs ${name}'`
  const lines = all.flatMap(({ name, summary, options }) => [
    `${top} -f -a ${name} -d ${quoted(summary)}`,
    ...[...options, ...ALWAYS].map((option) => `${inside(name)} ${fishOption(option)}`),
  ])
  const own = [HELP, VERSION].map((option) => `${top} ${fishOption(option)}`)
  const shells = [
    `${inside('completion')} -f`,
    `complete -c ndcheckpoint -n '__ndcheckpoint_runs completion; and __ndcheckpoint_words 2' -a 'bash zsh fish'`,
  ]
  const where = '# ndcheckpoint completion fish > ~/.config/fish/completions/ndcheckpoint.fish'
  return [where, FISH_CONDITIONS, ...own, ...lines, ...shells, ''].join('\n')
}

function fishOption(option: OptionSpec): string {
  const short = shortOf(option)
  const values = option.choices === undefined ? '' : ` -a ${quoted(option.choices.join(' '))}`
  const alone = takesFile(option) ? ' -r' : ` -x${values}`
  const takes = option.flags.includes('<') ? alone : ''
  const letter = short === undefined ? '' : `-s ${short} `
  return `${letter}-l ${longOf(option).slice(2)}${takes} -d ${quoted(option.description)}`
}
