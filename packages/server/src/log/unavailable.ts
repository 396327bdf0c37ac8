import { TuttiError } from '@tutti/core'

/** The failure as callers see it: foreseen ones as they are, all others as a store that cannot be used. */
export function unavailable(error: unknown, folder: string): TuttiError {
  if (error instanceof TuttiError) return error
  const cause = (error as Error).cause as Error | undefined
  const { message } = cause ?? (error as Error)
  return new TuttiError('store-unavailable', `the store in ${folder} cannot be used: ${message}`, { cause: error })
}
