import type { Finding } from './finding.ts'

/** Why a write was refused. These codes stay; messages may change. */
export type RefusalCode = 'invalid' | 'needs-migration' | 'from-the-future' | 'other-type' | 'no-way-back'

/** A write that was not made: the document is exactly as it was. */
export class RefusedWrite extends Error {
  override readonly name = 'RefusedWrite'
  readonly code: RefusalCode
  /** What is wrong with the values, where that is the reason. */
  readonly findings: readonly Finding[]

  constructor(code: RefusalCode, message: string, findings: readonly Finding[] = []) {
    super(message)
    this.code = code
    this.findings = findings
  }

  /** Where the first fault is, as a JSON pointer; the document itself (an empty text) where it is not one of values. */
  get path(): string {
    return this.findings[0]?.path ?? ''
  }
}

/** The refusal of values that do not comply. */
export function invalidWrite(findings: readonly Finding[]): RefusedWrite {
  return new RefusedWrite('invalid', findings.map(({ path, message }) => `${path}: ${message}`).join('; '), findings)
}
