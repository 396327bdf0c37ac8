// LevelDB says in words why it could not do something. These are of the machine and pass; all others may be damage.
const machine =
  /No space left|Read-only file system|Permission denied|Too many open files|quota exceeded|Cannot allocate memory/i
const mayPass = /Input\/output error/i

/** Whether a store that does not open says why, and it is nothing in it. */
export function isNotDamage(message: string): boolean {
  return machine.test(message)
}

/**
 * For the `catch` of whoever takes what cannot be read for damaged: gives `value`, but throws again what may read the next
 * time. A document that was called damaged takes no writes until the store is opened again, and a disk that stays ill is
 * found then.
 */
export function ifDamaged<T>(value: T): (error: unknown) => T {
  return error => {
    const { message, cause } = error as Error
    const words = `${message} ${cause instanceof Error ? cause.message : ''}`
    if (machine.test(words) || mayPass.test(words)) throw error
    return value
  }
}
