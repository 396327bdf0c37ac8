import { pause } from './pause.ts'
import { cpuMs } from './process-tree.ts'

/**
 * Waits until the server under `pid` has used at most one clock tick during `forMs`, or `limitMs` have passed.
 * Returns whether it became quiet: a server that still works when the limit comes has a backlog.
 */
export async function untilQuiet(pid: number, forMs: number, limitMs: number): Promise<boolean> {
  const started = performance.now()
  let since = started
  let last = cpuMs(pid)
  while (performance.now() - started < limitMs) {
    await pause(100)
    const now = cpuMs(pid)
    if (now - last > 10) {
      last = now
      since = performance.now()
    } else if (performance.now() - since >= forMs) {
      return true
    }
  }
  return false
}
