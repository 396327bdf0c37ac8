import { allocation, __visits as visits } from 'virtual:counters'
import { restartChance } from './repeatable-chance.ts'
import { BrokenPromise, type FuzzTarget, largestBytes, longestMs } from './target.ts'

/** Why an input broke something. Two failures with the same `kind` are taken for one. */
export interface Broken {
  readonly kind: string
  readonly text: string
}

/** Tries one input. `null` when all promises were kept. */
export async function tried(target: FuzzTarget, input: Uint8Array): Promise<Broken | null> {
  visits.fill(0)
  allocation.largest = 0
  restartChance()
  const from = performance.now()
  const thrown = await failureOf(target, input)
  const tookMs = performance.now() - from
  if (thrown !== null) return thrown
  if (allocation.largest > largestBytes) {
    return { kind: 'allocation', text: `asked for ${allocation.largest} bytes or elements at once` }
  }
  return tookMs > longestMs && (await isSlow(target, input)) ? { kind: 'stall', text: `took ${tookMs} ms` } : null
}

/** Failures of promises that nobody waited for, since they were last looked at. */
export const unheard: unknown[] = []

async function failureOf(target: FuzzTarget, input: Uint8Array): Promise<Broken | null> {
  try {
    const running = target.run(input)
    if (running instanceof Promise) await running
    if (unheard.length > 0) throw unheard.splice(0)[0]
    return null
  } catch (error) {
    if (!(error instanceof Error)) return { kind: 'thrown', text: String(error) }
    const [, place = ''] = /\n\s+at (?:async )?(\S+) \(file:/.exec(error.stack ?? '') ?? []
    const kind = error instanceof BrokenPromise ? error.message.replace(/\d+/g, '#') : `${error.name} in ${place}`
    return { kind, text: error.stack ?? error.message }
  }
}

/** Whether it is slow by itself, not because the machine is busy or rubbish was collected. */
async function isSlow(target: FuzzTarget, input: Uint8Array): Promise<boolean> {
  for (let run = 0; run < 4; run++) {
    const from = process.cpuUsage()
    await failureOf(target, input)
    const { user, system } = process.cpuUsage(from)
    if (user + system < longestMs * 1_000) return false
  }
  return true
}
