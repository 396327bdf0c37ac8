// A process that tells stories: `node bundle.mjs {"from":1,"count":100,"step":1}` prints a line of JSON for what it found.
import { readFileSync, writeFileSync } from 'node:fs'
import { IDBKeyRange } from 'fake-indexeddb'
import { drawPlan, type Plan } from './plan.ts'
import { withoutSystem } from './replaced/immediates.ts'
import { seedLibraries } from './replaced/webcrypto.ts'
import { shrink } from './shrink.ts'
import { type Outcome, tell } from './story.ts'

/** What is to be told. */
export interface Order {
  /** Seeds `from`, `from + step`, … : `count` of them. */
  readonly from: number
  readonly count: number
  readonly step: number
  /** These in place of those. */
  readonly seeds?: readonly number[]
  /** Ends after the first violation. */
  readonly stopAtFirst?: boolean
  /** Prints everything that happens. */
  readonly withHistory?: boolean
  /** A file with a plan to be told instead. */
  readonly plan?: string
  /** Thins a plan that goes wrong, and writes what is left of it to this file. */
  readonly shrinkTo?: string
}

/** What it says: figures now and then and at the end, and each violation as it comes. */
export type Report =
  | { readonly kind: 'figures'; readonly figures: Figures }
  | { readonly kind: 'violation'; readonly seed: number; readonly message: string }
  | { readonly kind: 'history'; readonly line: string }

export interface Figures {
  readonly seeds: number
  readonly virtualMs: number
  readonly turns: number
  readonly boots: number
  readonly acknowledged: number
  readonly shown: number
  /** Of all stories together; the same again when nothing depends on anything but the seeds. */
  readonly fingerprint: number
}

// A global of browsers that the client's log takes for granted.
Object.assign(globalThis, { IDBKeyRange })
withoutSystem()

const say = (report: Report) => process.stdout.write(`${JSON.stringify(report)}\n`)
const order = JSON.parse(process.argv[2] as string) as Order
const reportEvery = 100
/** So long no story takes: one that does waits for something that will never be. */
const longestStoryMs = 120_000

let figures: Figures = { seeds: 0, virtualMs: 0, turns: 0, boots: 0, acknowledged: 0, shown: 0, fingerprint: 0 }

for (const seed of order.seeds ?? Array.from({ length: order.count }, (_, i) => order.from + i * order.step)) {
  const plan = order.plan === undefined ? drawPlan(seed) : (JSON.parse(readFileSync(order.plan, 'utf8')) as Plan)
  const outcome = await toldOrThrown(plan)
  figures = {
    seeds: figures.seeds + 1,
    virtualMs: figures.virtualMs + outcome.virtualMs,
    turns: figures.turns + outcome.turns,
    boots: figures.boots + outcome.boots,
    acknowledged: figures.acknowledged + outcome.acknowledged,
    shown: figures.shown + outcome.shown,
    fingerprint: (figures.fingerprint * 31 + outcome.fingerprint) | 0,
  }
  if (outcome.message !== null) {
    say({ kind: 'violation', seed, message: outcome.message })
    if (order.shrinkTo !== undefined) await shrinkTo(order.shrinkTo, plan, outcome.message)
    if (order.stopAtFirst === true) break
  }
  if (figures.seeds % reportEvery === 0) say({ kind: 'figures', figures })
}
say({ kind: 'figures', figures })
// Timers of libraries must not keep it.
process.exit(0)

/** The same thing has to go wrong: what it is called, not where. */
async function shrinkTo(path: string, plan: Plan, message: string): Promise<void> {
  const kindOf = (text: string | null) => text?.split(':', 1)[0]
  const thinned = await shrink(plan, async fewer => kindOf((await toldOrThrown(fewer)).message) === kindOf(message))
  writeFileSync(path, `${JSON.stringify(thinned, null, 1)}\n`)
}

async function toldOrThrown(plan: Plan): Promise<Omit<Outcome, 'violation'> & { readonly message: string | null }> {
  seedLibraries(plan.seed)
  let unhandled: string | null = null
  const hear = (error: unknown) => {
    unhandled ??= `unhandled: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
  process.on('unhandledRejection', hear)
  const watchdog = setTimeout(() => {
    say({ kind: 'violation', seed: plan.seed, message: 'it does not end' })
    process.exit(3)
  }, longestStoryMs)
  try {
    const outcome = await tell(plan, order.withHistory === true ? line => say({ kind: 'history', line }) : null)
    return { ...outcome, message: outcome.violation?.message ?? unhandled }
  } catch (error) {
    const message = `thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
    return { virtualMs: 0, turns: 0, boots: 0, acknowledged: 0, shown: 0, fingerprint: 0, message }
  } finally {
    clearTimeout(watchdog)
    process.off('unhandledRejection', hear)
  }
}
