import { Argument, type Command } from 'commander'

type Shell = 'bash' | 'zsh' | 'fish'

interface Place {
  /** `documents list`; "" for the program itself. */
  readonly path: string
  readonly words: readonly string[]
  readonly flags: readonly string[]
}

/** `tutti completion <shell>`: a script that the shell reads. Made from the commands themselves, so that it is never behind. */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .description('a completion script: source <(tutti completion bash)')
    .action((shell: Shell) => console.log(scripts[shell](placesOf(program, ''))))
}

function placesOf(command: Command, path: string): Place[] {
  const words = command.commands.map(inner => inner.name())
  // Without a command it is `serve`, whose flags are therefore the program's, too.
  const usual = path === '' ? (command.commands.find(inner => inner.name() === 'serve')?.options ?? []) : []
  const flags = [...command.options, ...usual].flatMap(({ long }) => long ?? []).concat('--help')
  const inner = command.commands.flatMap(child => placesOf(child, `${path} ${child.name()}`.trim()))
  return [{ path, words, flags }, ...inner]
}

const scripts: Readonly<Record<Shell, (places: readonly Place[]) => string>> = {
  bash: places => `${bashFunction(places)}\ncomplete -o default -F _tutti tutti`,
  // zsh runs the completion of bash.
  zsh: places =>
    `autoload -Uz bashcompinit && bashcompinit\n${bashFunction(places)}\ncomplete -o default -F _tutti tutti`,
  fish: places =>
    [
      'complete -c tutti -e',
      ...places.flatMap(({ path, words, flags }) => {
        const here =
          path === ''
            ? '__fish_use_subcommand'
            : path
                .split(' ')
                .map(word => `__fish_seen_subcommand_from ${word}`)
                .join('; and ')
        return [
          ...words.map(word => `complete -c tutti -n '${here}' -f -a ${word}`),
          ...flags.map(flag => `complete -c tutti -n '${here}' -l ${flag.slice(2)}`),
        ]
      }),
    ].join('\n'),
}

function bashFunction(places: readonly Place[]): string {
  const cases = places.map(({ path, words, flags }) => `    '${path}') known='${[...words, ...flags].join(' ')}' ;;`)
  return `_tutti() {
  local word path='' known=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) break ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$known" -- "\${COMP_WORDS[COMP_CWORD]}"))
}`
}
