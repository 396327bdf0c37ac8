import { TuttiError } from '@tutti/core'
import { ConfigError, sentence } from '../config/config-error.ts'

/** How the command ends, for scripts (docs/configuration.md lists them). `doctor` has 0, 1 and 2 of its own. */
export const exitCodes = { done: 0, failed: 1, usage: 2, port: 3, store: 4 } as const

/** Something the person at the command line can put right: said in one line, without a stack. */
export class UsageError extends Error {}

export interface Explanation {
  readonly code: number
  /** What is wrong and what to do, a line each. */
  readonly lines: readonly string[]
}

/** What went wrong, in words that say what to do about it (SPEC SRV24). */
export function explain(error: unknown): Explanation {
  if (error instanceof ConfigError) return { code: exitCodes.usage, lines: error.mistakes.map(sentence) }
  if (error instanceof UsageError) return { code: exitCodes.usage, lines: [error.message] }
  const system = systemErrorOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof TuttiError)) return { code: exitCodes.failed, lines: [message, ...adviceFor(system)] }
  switch (error.code) {
    case 'forbidden':
      return { code: exitCodes.usage, lines: [message] }
    case 'store-unavailable':
    case 'unsupported-version':
      return { code: exitCodes.store, lines: [message, ...adviceFor(system, message)] }
    default:
      return { code: system?.syscall === 'listen' ? exitCodes.port : exitCodes.failed, lines: [message] }
  }
}

function adviceFor(error: NodeJS.ErrnoException | null, message = ''): readonly string[] {
  if (/in use by another process/.test(message)) {
    return ['a relay has it open: stop that one first, or give this one another folder with --data']
  }
  switch (error?.code ?? codeInWords(message)) {
    case 'EACCES':
    case 'EPERM':
      return [`let the user this runs as${userName()} write there, or choose another folder with --data`]
    case 'EROFS':
      return [
        'that file system can only be read: mount it so that it can be written, or choose another folder with --data',
      ]
    case 'ENOSPC':
    case 'EDQUOT':
      return [
        'the disk is full: make room there, or move the folder to a larger disk and name it with --data; nothing that was saved is lost',
      ]
    case 'ENOTDIR':
    case 'EEXIST':
      return ['there is a file in the way: choose another folder with --data']
    case 'EMFILE':
    case 'ENFILE':
      return ['too many files are open: raise the limit (ulimit -n, LimitNOFILE= in a systemd unit)']
    default:
      return []
  }
}

/** What LevelDB passes on of the operating system is words. */
const words: Readonly<Record<string, string>> = {
  'No space left on device': 'ENOSPC',
  'Disk quota exceeded': 'EDQUOT',
  'Permission denied': 'EACCES',
  'Read-only file system': 'EROFS',
  'Too many open files': 'EMFILE',
}

function codeInWords(message: string): string | undefined {
  return Object.entries(words).find(([text]) => message.includes(text))?.[1]
}

function userName(): string {
  return process.getuid === undefined ? '' : ` (uid ${process.getuid()})`
}

/** The error of the operating system at the bottom of it. */
function systemErrorOf(error: unknown): NodeJS.ErrnoException | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, syscall } = at as NodeJS.ErrnoException
    if (typeof code === 'string' && /^E[A-Z]+$/.test(code) && syscall !== undefined) return at
  }
  return null
}
