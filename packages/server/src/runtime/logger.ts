import pino from 'pino'

/** One line per event, with its facts. Never content, never tokens. */
export interface Logger {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/** JSON lines on standard error: standard output belongs to the one line that says where the server listens. */
export function createLogger(level: 'debug' | 'info' | 'warn' | 'error' | 'silent'): Logger {
  return pino({ level }, pino.destination({ dest: 2, sync: true }))
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
