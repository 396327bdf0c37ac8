import type { ConfigOption } from '../../packages/server/src/config/options.ts'

/** The page that explains every option, made from the options themselves: `npm run docs` writes it. */
export function configurationPage(options: readonly ConfigOption[]): string {
  return `# Configuration

Every option is a flag, a variable and a key of a file. A flag counts more than the environment, that more than the file, and
that more than the default. \`tutti config\` shows what is in effect and who said it; it takes the same flags as \`tutti serve\`.

${options.map(row).join('\n')}

## Three places

\`\`\`sh
npx tutti serve --port 8080 --origins https://app.example https://www.example
TUTTI_PORT=8080 TUTTI_ORIGINS=https://app.example,https://www.example npx tutti serve
npx tutti serve --config tutti.json
\`\`\`

\`\`\`json
{ "port": 8080, "origins": ["https://app.example", "https://www.example"] }
\`\`\`

A variable that is set to nothing is not set. ${variables(options.filter(({ alias }) => alias !== null))} count, too, where the
\`TUTTI_\` one is not set: other servers of this kind have these names. \`TUTTI_CONFIG\` names the file as \`--config\` does.

## Secrets

${flags(options.filter(({ isSecret }) => isSecret))} are shown nowhere: not in the log, not in a mistake, not by \`tutti config\`. Flags can
be read by everybody on the machine, so give secrets by the environment or, better, by a file:
${options
  .filter(({ mayBeFile }) => mayBeFile)
  .map(({ variable }) => `\`${variable}_FILE\``)
  .join(', ')} name one, as Docker and systemd provide them.

## Mistakes

All of them are told at once, each with the option, who said it, the value and what is allowed. An option nobody knows is told
with the one that was probably meant. Nothing is started.

\`\`\`text
tutti: --port: port cannot be "70000"; it takes a whole number from 0 to 65535
tutti: tutti.json: idelMs cannot be set; there is no such option: did you mean idleMs?
\`\`\`

## How the command ends

| code | what |
|---|---|
| 0 | done; the relay was asked to stop and has stopped |
| 1 | it failed, and none of the following |
| 2 | a flag, an option or a command is wrong, or everybody could come in and nobody said that this is meant |
| 3 | the port could not be had |
| 4 | the store could not be opened: not writable, no room, in use, written by a newer version |

\`tutti doctor\` ends with 0 when all is well, 1 when something should be looked at, 2 when something is wrong.
`
}

/** A heading for each would be a long page: a table is read at a glance. */
function row(option: ConfigOption, at: number): string {
  const head = '| flag | environment | in a file | default | what |\n|---|---|---|---|---|\n'
  const { flag, variable, name, description } = option
  return `${at === 0 ? head : ''}| \`${flag}\` | \`${variable}\` | \`${name}\` | ${usual(option)} | ${description} |`
}

function usual({ fallback }: ConfigOption): string {
  if (fallback === null || (Array.isArray(fallback) && fallback.length === 0)) return 'none'
  if (typeof fallback === 'boolean') return fallback ? 'on' : 'off'
  return `\`${String(fallback)}\``
}

function variables(options: readonly ConfigOption[]): string {
  return options.map(({ alias, name }) => `\`${alias}\` (\`${name}\`)`).join(', ')
}

function flags(options: readonly ConfigOption[]): string {
  return options.map(({ name }) => `\`${name}\``).join(' and ')
}
