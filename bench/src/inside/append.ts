/**
 * Runs in a process of its own: what durable appends cost without sockets. Arguments: the store, its folder, documents,
 * appends a second for the open loop, callers for the closed one, and milliseconds of each. Prints one JSON object.
 */
import { pace } from '../load/pacer.ts'
import { Latencies } from '../measure/statistics.ts'
import { openAppends } from './append-stores.ts'

const [kind = '', folder = '', ...numbers] = process.argv.slice(2)
const [documents = 1, perSecond = 1, callers = 1, windowMs = 1] = numbers.map(Number)

/** An update of one keystroke is about that long. */
const bytes = new Uint8Array(30).fill(7)
const append = await openAppends(kind, folder)
const counters = new Float64Array(Math.max(documents, callers))

function next(document: number): Promise<void> {
  const counter = (counters[document] ?? 0) + 1
  counters[document] = counter
  return append(document, counter, bytes)
}

async function atRate(latencies: Latencies): Promise<number> {
  const pending: Promise<void>[] = []
  const before = process.cpuUsage()
  await pace(perSecond, windowMs, due => {
    pending.push(next(pending.length % documents).then(() => latencies.add(performance.now() - due)))
  })
  await Promise.all(pending)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / pending.length
}

async function inALoop(latencies: Latencies): Promise<{ perSecond: number; cpuUs: number }> {
  const startedAt = performance.now()
  const before = process.cpuUsage()
  const work = async (caller: number): Promise<void> => {
    while (performance.now() - startedAt < windowMs) {
      const asked = performance.now()
      await next(caller)
      latencies.add(performance.now() - asked)
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, caller) => work(caller)))
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(before)
  return { perSecond: latencies.count / seconds, cpuUs: (user + system) / latencies.count }
}

// Compiled and warm before it counts.
if (callers > 0) await inALoop(new Latencies())
else await atRate(new Latencies())
const rate = new Latencies()
const rateCpuUs = await atRate(rate)
const loop = new Latencies()
const full = callers > 0 ? await inALoop(loop) : { perSecond: null, cpuUs: null }
process.stdout.write(
  JSON.stringify({
    // Under the names of the scenario that acknowledges over sockets, so that the floor stands beside it.
    ackP50: rate.percentile(0.5),
    ackP99: rate.percentile(0.99),
    cpuPer1000: rateCpuUs,
    loopPerSecond: full.perSecond,
    loopCpuUs: full.cpuUs,
    loopP99: callers > 0 ? loop.percentile(0.99) : null,
  }),
)
process.exit(0)
