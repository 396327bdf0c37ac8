import { Client } from '../load/client.ts'
import { type ClockRange, readClockRange } from '../load/clocks.ts'
import { crowd } from '../load/crowd.ts'
import { pace } from '../load/pacer.ts'
import { Typist } from '../load/typist.ts'
import { pause } from '../measure/pause.ts'
import { cpuMs, rssBytes } from '../measure/process-tree.ts'
import { untilQuiet } from '../measure/quiet.ts'
import { Latencies } from '../measure/statistics.ts'
import { allServers, type Measures, type PhaseContext, type Scenario } from '../scenario.ts'

/** Two people on one document. */
interface Pair {
  readonly clients: readonly [Client, Client]
  readonly typists: readonly [Typist, Typist]
}

/** Opens both clients of every document and calls `heard` when one of them has the other's keystroke. */
async function openPairs(
  context: PhaseContext,
  name: string,
  heard: (pair: Pair, side: 0 | 1, document: number, keystrokes: number) => void,
): Promise<readonly Pair[]> {
  return crowd(context.number('documents'), 32, async index => {
    const document = `${name}-${index}`
    const open = (): Promise<Client> => new Client(context.target, context.dialect, document).openAndSync()
    const pair: Pair = {
      clients: [await open(), await open()],
      typists: [new Typist(0x1000_0000 + index * 2), new Typist(0x1000_0001 + index * 2)],
    }
    for (const side of [0, 1] as const) {
      const other = pair.typists[side === 0 ? 1 : 0]
      const range: ClockRange = { from: 0, to: 0 }
      let seen = 0
      pair.clients[side].listenUpdate = (bytes, start, end) => {
        readClockRange(range, bytes, start, end, other.clientId)
        if (range.to <= seen) return
        const fresh = range.to - seen
        seen = range.to
        heard(pair, side, index, fresh)
      }
    }
    return pair
  })
}

function closeAll(pairs: readonly Pair[]): void {
  for (const pair of pairs) for (const client of pair.clients) client.close()
}

/** A steady total rate, documents in turn and both sides in turn. */
async function atRate(context: PhaseContext): Promise<Measures> {
  const documents = context.number('documents')
  const dueAt = new Float64Array(documents * 2)
  const latencies = new Latencies()
  let delivered = 0
  const pairs = await openPairs(context, 'rate', (_pair, side, document, keystrokes) => {
    latencies.add(performance.now() - (dueAt[document * 2 + (side === 0 ? 1 : 0)] ?? 0))
    delivered += keystrokes
  })
  let turn = 0
  const send = (due: number): void => {
    const document = turn % documents
    const side = Math.floor(turn / documents) % 2
    turn += 1
    const pair = pairs[document]
    if (pair === undefined) return
    dueAt[document * 2 + side] = due
    pair.clients[side === 0 ? 0 : 1].sendUpdate(pair.typists[side === 0 ? 0 : 1].next())
  }
  const rate = context.number('updatesPerSecond')
  await pace(rate, context.number('warmUpMs'), send)
  await pause(100)
  latencies.clear()
  delivered = 0
  const before = cpuMs(context.target.pid)
  await pace(rate, context.number('windowMs'), send)
  await pause(50)
  const cpu = cpuMs(context.target.pid) - before
  const rss = rssBytes(context.target.pid)
  closeAll(pairs)
  return {
    rateCpuPer1000: cpu / (delivered / 1000),
    rateLatencyP50: latencies.percentile(0.5),
    rateLatencyP99: latencies.percentile(0.99),
    rateDelivered: delivered / (context.number('windowMs') / 1000),
    rateRssMiB: rss / 2 ** 20,
  }
}

/** In every document one keystroke is under way; whoever gets it types the next. */
async function turns(context: PhaseContext): Promise<Measures> {
  const sentAt = new Float64Array(context.number('documents'))
  const latencies = new Latencies()
  let delivered = 0
  let stopped = false
  const pairs = await openPairs(context, 'turns', (pair, side, document, keystrokes) => {
    const now = performance.now()
    latencies.add(now - (sentAt[document] ?? now))
    delivered += keystrokes
    if (stopped) return
    sentAt[document] = now
    pair.clients[side].sendUpdate(pair.typists[side].next())
  })
  pairs.forEach((pair, document) => {
    sentAt[document] = performance.now()
    pair.clients[0].sendUpdate(pair.typists[0].next())
  })
  await pause(context.number('warmUpMs'))
  latencies.clear()
  delivered = 0
  const startedAt = performance.now()
  const ownBefore = process.cpuUsage()
  const before = cpuMs(context.target.pid)
  await pause(context.number('windowMs'))
  const seconds = (performance.now() - startedAt) / 1000
  const cpu = cpuMs(context.target.pid) - before
  const own = process.cpuUsage(ownBefore)
  const counted = delivered
  stopped = true
  const rss = rssBytes(context.target.pid)
  const backlogFrom = performance.now()
  await untilQuiet(context.target.pid, 500, context.number('backlogLimitMs'))
  const backlogMs = performance.now() - backlogFrom - 500
  closeAll(pairs)
  return {
    turnsPerSecond: counted / seconds,
    turnsCpuPer1000: cpu / (counted / 1000),
    turnsLatencyP50: latencies.percentile(0.5),
    turnsLatencyP99: latencies.percentile(0.99),
    turnsGeneratorCores: (own.user + own.system) / 1e6 / seconds,
    turnsRssMiB: rss / 2 ** 20,
    turnsBacklogSeconds: Math.max(0, backlogMs) / 1000,
  }
}

/** Many small rooms: the receive path and one write per update. */
export const manyDocuments: Scenario = {
  id: 'many-documents',
  title: '1,000 documents, 2 clients each',
  method:
    'At a rate: 2,000 updates/s in all, over all documents and both sides in turn. Taking turns: one update is under way in every document and whoever receives it sends the next. Backlog is how long the server still works after the last delivery.',
  servers: [...allServers, 'ws-floor'],
  seconds: 150,
  rows: [
    {
      measure: 'rateCpuPer1000',
      title: '2,000 updates/s: server CPU per 1,000',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'hocus-sqlite', atMost: 0.8 },
        { kind: 'ratio', peer: 'yws', atMost: 0.6, level: 'B' },
      ],
    },
    { measure: 'rateLatencyP50', title: '2,000 updates/s: latency p50', unit: 'ms', better: 'lower', goals: [] },
    { measure: 'rateLatencyP99', title: '2,000 updates/s: latency p99', unit: 'ms', better: 'lower', goals: [] },
    {
      measure: 'turnsPerSecond',
      title: 'taking turns: updates delivered (ours: durable)',
      unit: '/s',
      better: 'higher',
      goals: [
        { kind: 'ratio', peer: 'hocus-sqlite', atLeast: 1.5 },
        { kind: 'ratio', peer: 'hocus-sqlite', atLeast: 3, level: 'B' },
        { kind: 'ratio', peer: 'yws', atLeast: 1.5, level: 'B' },
      ],
    },
    { measure: 'turnsCpuPer1000', title: 'taking turns: server CPU per 1,000', unit: 'ms', better: 'lower', goals: [] },
    { measure: 'turnsLatencyP50', title: 'taking turns: latency p50', unit: 'ms', better: 'lower', goals: [] },
    { measure: 'turnsLatencyP99', title: 'taking turns: latency p99', unit: 'ms', better: 'lower', goals: [] },
    {
      measure: 'turnsBacklogSeconds',
      title: 'taking turns: backlog afterwards',
      unit: 's',
      better: 'lower',
      goals: [],
    },
    {
      measure: 'turnsGeneratorCores',
      title: 'taking turns: load generator',
      unit: 'cores',
      better: 'lower',
      goals: [],
    },
  ],
  phases: { atRate, turns },
  async run(bench) {
    const server = await bench.start()
    const documents = bench.scaled(1000, 200)
    const rate = await bench.load(server, 'atRate', {
      documents,
      updatesPerSecond: bench.scaled(2000, 1000),
      warmUpMs: bench.scaled(2000, 500),
      windowMs: bench.scaled(6000, 2000),
    })
    const turn = await bench.load(server, 'turns', {
      documents,
      warmUpMs: bench.scaled(2000, 500),
      windowMs: bench.scaled(5000, 2000),
      backlogLimitMs: bench.scaled(60_000, 10_000),
    })
    await server.stop('SIGKILL')
    return { ...rate, ...turn }
  },
}
