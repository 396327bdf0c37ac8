import { type $ZodType, safeParse } from 'zod/v4/core'
import { err, ok, type Result } from '../base/result.ts'

/** What is wrong with a value, and where in it. */
export interface Fault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** The value as the schema gives it back, or its faults. A rule that throws is a rule that is not met. */
export function accepts(schema: $ZodType, value: unknown): Result<unknown, readonly Fault[]> {
  try {
    const result = safeParse(schema, value)
    return result.success ? ok(result.data) : err(result.error.issues)
  } catch {
    return err([{ path: [], message: 'a rule of the schema failed' }])
  }
}
