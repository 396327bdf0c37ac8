/** What a peer should do after a failure. */
export type Retry = 'never' | 'resync' | 'later'

export interface ErrorKind {
  /** WebSocket close code when the failure ends the connection: 44xx stop for good, 45xx come again. */
  readonly closeCode: number
  readonly httpStatus: number
  /** By who must act: nobody, whoever is curious, the operator. */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
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

/** What each failure means: one table, stable codes (SPEC ERR1). Messages may change, codes may not. */
export const errorKinds: Readonly<Record<ErrorCode, ErrorKind>> = {
  'bad-message': { closeCode: 4400, httpStatus: 400, logLevel: 'info', retry: 'never' },
  'bad-name': { closeCode: 4400, httpStatus: 400, logLevel: 'info', retry: 'never' },
  unauthorized: { closeCode: 4401, httpStatus: 401, logLevel: 'info', retry: 'never' },
  forbidden: { closeCode: 4403, httpStatus: 403, logLevel: 'info', retry: 'never' },
  'read-only': { closeCode: 4403, httpStatus: 403, logLevel: 'debug', retry: 'never' },
  'epoch-mismatch': { closeCode: 4409, httpStatus: 409, logLevel: 'info', retry: 'never' },
  'not-empty': { closeCode: 4409, httpStatus: 409, logLevel: 'debug', retry: 'never' },
  'too-large': { closeCode: 4413, httpStatus: 413, logLevel: 'info', retry: 'never' },
  malformed: { closeCode: 4422, httpStatus: 422, logLevel: 'warn', retry: 'never' },
  'over-limit': { closeCode: 4422, httpStatus: 422, logLevel: 'warn', retry: 'never' },
  'unsupported-version': { closeCode: 4426, httpStatus: 426, logLevel: 'info', retry: 'never' },
  identity: { closeCode: 4423, httpStatus: 423, logLevel: 'warn', retry: 'resync' },
  'missing-dependencies': { closeCode: 4509, httpStatus: 409, logLevel: 'debug', retry: 'resync' },
  'handshake-timeout': { closeCode: 4508, httpStatus: 408, logLevel: 'debug', retry: 'later' },
  'too-slow': { closeCode: 4513, httpStatus: 503, logLevel: 'info', retry: 'later' },
  'too-many': { closeCode: 4529, httpStatus: 429, logLevel: 'info', retry: 'later' },
  'store-unavailable': { closeCode: 4503, httpStatus: 503, logLevel: 'error', retry: 'later' },
  'document-unavailable': { closeCode: 4504, httpStatus: 503, logLevel: 'error', retry: 'later' },
  draining: { closeCode: 4512, httpStatus: 503, logLevel: 'info', retry: 'later' },
  internal: { closeCode: 4500, httpStatus: 500, logLevel: 'error', retry: 'later' },
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
