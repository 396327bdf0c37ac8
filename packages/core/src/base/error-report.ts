import type { ErrorCode } from './error.ts'

/** A failure as it looks to whoever runs a server. */
export interface ErrorReport {
  readonly httpStatus: number
  /** By who must act: nobody, whoever is curious, the operator. */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

/** Beside `errorKinds`, so that clients need not carry it (SPEC ERR1). */
export const errorReports: Readonly<Record<ErrorCode, ErrorReport>> = {
  'bad-message': { httpStatus: 400, logLevel: 'info' },
  'bad-name': { httpStatus: 400, logLevel: 'info' },
  unauthorized: { httpStatus: 401, logLevel: 'info' },
  forbidden: { httpStatus: 403, logLevel: 'info' },
  'read-only': { httpStatus: 403, logLevel: 'debug' },
  'epoch-mismatch': { httpStatus: 409, logLevel: 'info' },
  'not-empty': { httpStatus: 409, logLevel: 'debug' },
  deleted: { httpStatus: 410, logLevel: 'debug' },
  'too-large': { httpStatus: 413, logLevel: 'info' },
  malformed: { httpStatus: 422, logLevel: 'warn' },
  'over-limit': { httpStatus: 422, logLevel: 'warn' },
  'unsupported-version': { httpStatus: 426, logLevel: 'info' },
  identity: { httpStatus: 423, logLevel: 'warn' },
  'missing-dependencies': { httpStatus: 409, logLevel: 'debug' },
  'handshake-timeout': { httpStatus: 408, logLevel: 'debug' },
  'too-slow': { httpStatus: 503, logLevel: 'info' },
  'too-many': { httpStatus: 429, logLevel: 'info' },
  'store-unavailable': { httpStatus: 503, logLevel: 'error' },
  'document-unavailable': { httpStatus: 503, logLevel: 'error' },
  draining: { httpStatus: 503, logLevel: 'info' },
  internal: { httpStatus: 500, logLevel: 'error' },
}
