import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { createInterface } from 'node:readline'
import type { Figures, Order, Report } from './seeds.ts'

/** What several processes together have told. */
export interface Told {
  readonly figures: Figures
  readonly violations: readonly { readonly seed: number; readonly message: string }[]
  readonly seconds: number
}

export interface Telling {
  /** A bundle made by `bundleSimulation`. */
  readonly bundle: string
  readonly from: number
  readonly count: number
  readonly processes?: number
  readonly stopAtFirst?: boolean
  /** Hears the sum of the figures now and then. */
  readonly progress?: (figures: Figures) => void
}

/** Tells seeds `from` to `from + count - 1`, shared out among processes. */
export async function tellSeeds(telling: Telling): Promise<Told> {
  const { bundle, from, count, stopAtFirst = false, progress } = telling
  const processes = Math.min(count, telling.processes ?? cpus().length)
  const started = performance.now()
  const violations: { seed: number; message: string }[] = []
  const latest: Figures[] = Array.from({ length: processes }, () => nothing)
  const ends: (() => void)[] = []
  await Promise.all(
    latest.map((_, i) => {
      const share = Math.ceil((count - i) / processes)
      const order: Order = { from: from + i, count: share, step: processes, stopAtFirst }
      return runOrder(bundle, order, {
        report(report) {
          if (report.kind === 'violation') {
            violations.push({ seed: report.seed, message: report.message })
            if (stopAtFirst) for (const end of ends) end()
          } else if (report.kind === 'figures') {
            latest[i] = report.figures
            progress?.(latest.reduce(sum))
          }
        },
        started: end => ends.push(end),
      })
    }),
  )
  violations.sort((a, b) => a.seed - b.seed)
  return { figures: latest.reduce(sum), violations, seconds: (performance.now() - started) / 1000 }
}

interface Listener {
  readonly report: (report: Report) => void
  /** Given what ends the process early. */
  readonly started?: (end: () => void) => void
}

/** A story leaves most of what it makes behind at once: the rarer that is looked through, the less of it is still in use. */
const roomForGarbage = ['--min-semi-space-size=64', '--max-semi-space-size=64']

/** Runs one process to its end. Rejects when it ends in another way than it should. */
export function runOrder(bundle: string, order: Order, { report, started }: Listener): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...roomForGarbage, bundle, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let isEnded = false
    started?.(() => {
      isEnded = true
      child.kill()
    })
    const lines = createInterface({ input: child.stdout })
    lines.on('line', line => report(JSON.parse(line) as Report))
    child.on('error', reject)
    // Both: the last lines may come after the exit.
    const closed = new Promise<void>(heard => lines.on('close', heard))
    child.on('exit', (code, signal) => {
      void closed.then(() => {
        if (code === 0 || isEnded) resolve()
        else reject(new Error(`a simulation ended with ${signal ?? code}`))
      })
    })
  })
}

const nothing: Figures = { seeds: 0, virtualMs: 0, turns: 0, boots: 0, acknowledged: 0, shown: 0, fingerprint: 0 }

function sum(a: Figures, b: Figures): Figures {
  return {
    seeds: a.seeds + b.seeds,
    virtualMs: a.virtualMs + b.virtualMs,
    turns: a.turns + b.turns,
    boots: a.boots + b.boots,
    acknowledged: a.acknowledged + b.acknowledged,
    shown: a.shown + b.shown,
    fingerprint: (a.fingerprint + b.fingerprint) | 0,
  }
}
