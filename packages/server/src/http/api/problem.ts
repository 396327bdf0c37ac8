import { type ErrorCode, errorReports } from '@tutti/core'
import type { ContentRefusalCode } from '../../content/content-refusal.ts'

/** Codes that only an HTTP request can meet with; they stay, as those of core do. */
type HttpCode =
  | ContentRefusalCode
  | 'bad-request'
  | 'not-found'
  | 'not-deleted'
  | 'precondition-failed'
  | 'unsupported-media'

export type ProblemCode = ErrorCode | HttpCode

const httpStatuses: Readonly<Record<HttpCode, number>> = {
  'bad-request': 400,
  'bad-patch': 400,
  'not-found': 404,
  'no-such-place': 409,
  'test-failed': 409,
  'not-deleted': 409,
  'precondition-failed': 412,
  'unsupported-media': 415,
  'bad-content': 422,
}

/** Every code a problem can have. */
export const problemCodes: readonly ProblemCode[] = [
  ...(Object.keys(errorReports) as ErrorCode[]),
  ...(Object.keys(httpStatuses) as HttpCode[]),
]

export function statusOf(code: ProblemCode): number {
  return Object.hasOwn(httpStatuses, code) ? httpStatuses[code as HttpCode] : errorReports[code as ErrorCode].httpStatus
}

/** What went wrong with a request (RFC 9457), with the code that programs go by. */
export interface Problem {
  /** `urn:tutti:problem:` and the code. */
  readonly type: string
  /** The code in words. */
  readonly title: string
  readonly status: number
  /** What was wrong this time. */
  readonly detail: string
  readonly code: ProblemCode
}

/** Ends a request with a problem. */
export class ApiError extends Error {
  readonly code: ProblemCode

  constructor(code: ProblemCode, detail: string) {
    super(detail)
    this.code = code
  }
}

export function problemOf(code: ProblemCode, detail: string): Problem {
  return { type: `urn:tutti:problem:${code}`, title: code.replaceAll('-', ' '), status: statusOf(code), detail, code }
}

export function problemResponse(code: ProblemCode, detail: string): Response {
  const problem = problemOf(code, detail)
  const headers = new Headers({ 'content-type': 'application/problem+json' })
  if (code === 'unauthorized') headers.set('www-authenticate', 'Bearer')
  if (problem.status === 503 || problem.status === 429) headers.set('retry-after', '2')
  return new Response(JSON.stringify(problem), { status: problem.status, headers })
}
