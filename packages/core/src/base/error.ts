/** What a peer should do after a failure. */
export type Retry = 'never' | 'resync' | 'later'

export interface ErrorKind {
  /** WebSocket close code when the failure ends the connection: 44xx stop for good, 45xx come again. */
  readonly closeCode: number
  readonly retry: Retry
}

/** Every failure a peer can meet. */
export type ErrorCode =
  | 'bad-message'
  | 'bad-name'
  | 'unauthorized'
  | 'forbidden'
  | 'read-only'
  | 'epoch-mismatch'
  | 'deleted'
  | 'not-empty'
  | 'too-large'
  | 'malformed'
  | 'over-limit'
  | 'unsupported-version'
  | 'identity'
  | 'missing-dependencies'
  | 'handshake-timeout'
  | 'too-slow'
  | 'too-many'
  | 'store-unavailable'
  | 'document-unavailable'
  | 'draining'
  | 'internal'

/** What each failure means to a peer: one table, stable codes (SPEC ERR1). Messages may change, codes may not. */
export const errorKinds: Readonly<Record<ErrorCode, ErrorKind>> = {
  'bad-message': never(4400),
  'bad-name': never(4400),
  unauthorized: never(4401),
  forbidden: never(4403),
  'read-only': never(4403),
  'epoch-mismatch': never(4409),
  'not-empty': never(4409),
  deleted: never(4410),
  'too-large': never(4413),
  malformed: never(4422),
  'over-limit': never(4422),
  'unsupported-version': never(4426),
  identity: resync(4423),
  'missing-dependencies': resync(4509),
  'handshake-timeout': later(4508),
  'too-slow': later(4513),
  'too-many': later(4529),
  'store-unavailable': later(4503),
  'document-unavailable': later(4504),
  draining: later(4512),
  internal: later(4500),
}

function never(closeCode: number): ErrorKind {
  return { closeCode, retry: 'never' }
}

function resync(closeCode: number): ErrorKind {
  return { closeCode, retry: 'resync' }
}

function later(closeCode: number): ErrorKind {
  return { closeCode, retry: 'later' }
}

export const errorCodes: readonly ErrorCode[] = Object.keys(errorKinds) as ErrorCode[]

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorKinds, text)
}

/** A close code that asks the client not to come back: 4400 to 4499. */
export function isFinalCloseCode(code: number): boolean {
  return code >= 4400 && code <= 4499
}

/** A failure with its stable code and a sentence for people. Never carries secrets. */
export interface Failure {
  readonly code: ErrorCode
  readonly message: string
}

/** A `Failure` that has to travel as an exception (promise rejections at the outer surface). */
export class TuttiError extends Error implements Failure {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TuttiError'
    this.code = code
  }
}

export function failure(code: ErrorCode, message: string): Failure {
  return { code, message }
}
