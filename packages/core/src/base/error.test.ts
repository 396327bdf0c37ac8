import { expect, test } from 'vitest'
import { errorCodes, errorKinds, failure, isErrorCode, isFinalCloseCode, TuttiError } from './error.ts'
import { errorReports } from './error-report.ts'

// Codes are a promise to clients that are out there: rows are added, never changed.
const table = `
bad-message 4400 400 info never
bad-name 4400 400 info never
unauthorized 4401 401 info never
forbidden 4403 403 info never
read-only 4403 403 debug never
epoch-mismatch 4409 409 info never
not-empty 4409 409 debug never
deleted 4410 410 debug never
too-large 4413 413 info never
malformed 4422 422 warn never
over-limit 4422 422 warn never
unsupported-version 4426 426 info never
identity 4423 423 warn resync
missing-dependencies 4509 409 debug resync
handshake-timeout 4508 408 debug later
too-slow 4513 503 info later
too-many 4529 429 info later
store-unavailable 4503 503 error later
document-unavailable 4504 503 error later
draining 4512 503 info later
internal 4500 500 error later`

test('[ERR1] the table is what it has always been', () => {
  const rows = errorCodes.map(code => {
    const { closeCode, retry } = errorKinds[code]
    const { httpStatus, logLevel } = errorReports[code]
    return `${code} ${closeCode} ${httpStatus} ${logLevel} ${retry}`
  })
  expect(`\n${rows.join('\n')}`).toBe(table)
})

test('[ERR1] a close code is final exactly where a retry is useless or needs another id', () => {
  for (const code of errorCodes) {
    const { closeCode, retry } = errorKinds[code]
    expect(closeCode).toBeGreaterThanOrEqual(4400)
    expect(closeCode).toBeLessThan(4600)
    expect(isFinalCloseCode(closeCode), code).toBe(retry === 'never' || code === 'identity')
  }
  for (const code of [1000, 1006, 4399, 4500]) expect(isFinalCloseCode(code)).toBe(false)
})

test('[ERR1] only codes of the table are codes', () => {
  for (const code of errorCodes) expect(isErrorCode(code)).toBe(true)
  for (const text of ['', 'toString', '__proto__', 'constructor', 'INTERNAL']) expect(isErrorCode(text)).toBe(false)
  expect(new TuttiError('internal', 'no')).toMatchObject({ code: 'internal', message: 'no', name: 'TuttiError' })
  expect(failure('malformed', 'no')).toEqual({ code: 'malformed', message: 'no' })
})
