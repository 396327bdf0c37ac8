import type { LocalTrouble } from './local-log.ts'

/** Why something is not on this device. Never carries content. */
export class LocalLogError extends Error {
  readonly code: LocalTrouble

  constructor(code: LocalTrouble, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LocalLogError'
    this.code = code
  }
}

/** The device could not be asked at all: asking again for less of it would not help. */
export function isShut(error: unknown): boolean {
  return error instanceof LocalLogError && error.cause === undefined
}
