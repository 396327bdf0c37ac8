/** Outcome of something that may fail in a foreseen way. Bugs throw; foreseen failures are values. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

export function ok<T>(value: T): Result<T, never> {
  return { ok: true, value }
}

export function err<E>(error: E): Result<never, E> {
  return { ok: false, error }
}

/** The end of an exhaustive switch: reaching it is a bug, and the type checker says so first. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`)
}
