/**
 * Calls `send` at a steady rate until `durationMs` have passed: on each millisecond tick as many times as are due, so
 * the rate holds even when a tick comes late. The due time is handed over, and latency counts from it: a generator
 * that falls behind makes a server look slower, never faster.
 */
export function pace(perSecond: number, durationMs: number, send: (dueAt: number) => void): Promise<void> {
  const started = performance.now()
  const gapMs = 1000 / perSecond
  let sent = 0
  return new Promise(resolve => {
    const tick = (): void => {
      const now = performance.now()
      if (now - started >= durationMs) {
        resolve()
        return
      }
      for (let due = started + sent * gapMs; due <= now; due += gapMs) {
        send(due)
        sent += 1
      }
      setTimeout(tick, 1)
    }
    tick()
  })
}
