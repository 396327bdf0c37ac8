import { Command, CommanderError } from 'commander'
import { didYouMean } from '../config/did-you-mean.ts'
import { version } from '../runtime/version.ts'
import { addCompletion } from './completion.ts'
import { addConfig } from './config.ts'
import { addDoctor } from './doctor.ts'
import { addDocuments } from './documents.ts'
import { exitCodes, explain, UsageError } from './exit.ts'
import { addServe } from './serve.ts'
import { addToken } from './token.ts'

const program = new Command('tutti')
  .description('A self-hosted relay for Yjs documents that never loses what it called saved.')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(--help shows what there is)')

addServe(program)
addConfig(program)
addToken(program)
addDocuments(program)
addDoctor(program)
addCompletion(program)

/** Without this a mistyped command would be an argument too many for `serve`. */
function refuseUnknownCommand(word: string | undefined): void {
  const known = ['help', ...program.commands.map(command => command.name())]
  if (word === undefined || word.startsWith('-') || known.includes(word)) return
  const meant = didYouMean(word, known)
  throw new UsageError(
    `there is no command ${JSON.stringify(word)}: ${meant === null ? known.join(', ') : `did you mean ${meant}?`}`,
  )
}

try {
  refuseUnknownCommand(process.argv[2])
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  else {
    const { code, lines } = explain(error)
    for (const line of lines) console.error(`tutti: ${line}`)
    process.exitCode = code
  }
  // What a command began and could not finish, such as a relay without a port, must not hold the process.
  process.exit()
}
