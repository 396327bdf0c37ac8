import type { LocalTrouble } from './local-log.ts'

/** Why something is not on this device. Never carries content. Without a cause the device could not be asked at all. */
export class LocalLogError extends Error {
  readonly code: LocalTrouble

  constructor(code: LocalTrouble, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LocalLogError'
    this.code = code
  }
}
