/** A lock that is asked for at once and held until it is let go, or its tab ends. */
export interface HeldLock {
  readonly isHeld: boolean
  release(): void
}

/** Tells `changed` when the lock came, and when it went although nobody let it go. Where locks are refused, all are held. */
export function holdLock(locks: LockManager, name: string, changed: (isHeld: boolean) => void): HeldLock {
  const waiting = new AbortController()
  let isReleased = false
  let isGiven = false
  let isHeld = false
  let letGo = () => {}
  const set = (value: boolean) => {
    if (isReleased || isHeld === value) return
    isHeld = value
    changed(value)
  }
  const ask = () =>
    locks
      .request(name, { signal: waiting.signal }, async () => {
        if (isReleased) return
        isGiven = true
        set(true)
        await new Promise<void>(resolve => {
          letGo = resolve
        })
      })
      .catch((error: unknown) => {
        if (isReleased) return
        isGiven = false
        // Stolen, or refused for good as in a page without an origin.
        if (!isHeld) return set(true)
        set(false)
        if (error instanceof Error) void ask()
      })
  void ask()
  return {
    get isHeld() {
      return isHeld
    },
    release() {
      isReleased = true
      isHeld = false
      // Costs the making of an error, which nobody would see.
      if (!isGiven) waiting.abort()
      letGo()
    },
  }
}
