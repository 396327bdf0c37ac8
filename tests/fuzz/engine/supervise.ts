import { Worker } from 'node:worker_threads'
import { announcedHead, type Failed, type Job, longestAnnounced, type Outcome } from './job.ts'

/** An input that computes longer never comes back; nor does one that only waits, for so much longer. */
const computesAtMostMs = 10_000
const waitsAtMostMs = 180_000

export type Order = Omit<Job, 'announced'>

/** Runs one job in a thread of its own, and ends it when an input does not come back or eats all memory. */
export async function supervised(bundle: string, order: Order): Promise<Outcome> {
  const announced = new SharedArrayBuffer(announcedHead + longestAnnounced)
  const head = new Int32Array(announced, 0, 2)
  const from = performance.now()
  const job: Job = { ...order, announced }
  // While developing, Yjs freezes values, and throws where they hold bytes: that is not what a search is for.
  const env = { ...process.env, NODE_ENV: 'production' }
  const worker = new Worker(bundle, { workerData: job, env, resourceLimits: { maxOldGenerationSizeMb: 1_024 } })
  let outcome: Outcome | null = null
  let lost: string | null = null
  let last = { count: 0, at: from, computedMs: computedMs() }
  const watch = setInterval(() => {
    const now = { count: head[0] as number, at: performance.now(), computedMs: computedMs() }
    const isStuck = now.computedMs - last.computedMs > computesAtMostMs || now.at - last.at > waitsAtMostMs
    if (now.count !== last.count || now.count === 0) last = now
    else if (isStuck) {
      lost = 'an input did not come back'
      void worker.terminate()
    }
  }, 1_000)
  await new Promise<void>(resolve => {
    worker.on('message', (message: Outcome) => (outcome = message))
    worker.on('error', error => (lost = error.stack ?? String(error)))
    worker.on('exit', () => resolve())
  })
  clearInterval(watch)
  if (outcome !== null) return outcome
  const input = new Uint8Array(announced, announcedHead, head[1]).slice()
  const found: Failed = { kind: 'lost', text: lost ?? 'the worker ended', input }
  return {
    target: order.target,
    seed: order.seed,
    executions: head[0] as number,
    seconds: (performance.now() - from) / 1_000,
    branches: 0,
    branchesReached: 0,
    missed: {},
    found: [found],
    corpus: [],
    keptBytes: 0,
  }
}

/** Of this process: while a worker runs, nearly all of it is the worker's. On a busy machine time alone says little. */
function computedMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
