import { pause } from './pause.ts'
import { cpuMs } from './process-tree.ts'

/** Who uses less than this share of a core does housekeeping, or is being profiled. */
const housekeeping = 0.04

/**
 * Waits until the server under `pid` has done next to nothing for `forMs` (one clock tick, or a twenty-fifth of a core), or
 * `limitMs` have passed. Returns whether it became quiet: a server that still works when the limit comes has a backlog.
 */
export async function untilQuiet(pid: number, forMs: number, limitMs: number): Promise<boolean> {
  const allowedMs = Math.max(10, forMs * housekeeping)
  const started = performance.now()
  const readings = [{ at: started, cpu: cpuMs(pid) }]
  while (performance.now() - started < limitMs) {
    await pause(100)
    const now = { at: performance.now(), cpu: cpuMs(pid) }
    readings.push(now)
    while ((readings[1]?.at ?? now.at) <= now.at - forMs) readings.shift()
    const first = readings[0] ?? now
    if (now.at - first.at >= forMs && now.cpu - first.cpu <= allowedMs) return true
  }
  return false
}
