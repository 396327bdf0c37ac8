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
