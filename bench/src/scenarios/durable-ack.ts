import { runInside } from '../inside/run-inside.ts'
import { Client } from '../load/client.ts'
import { crowd } from '../load/crowd.ts'
import { pace } from '../load/pacer.ts'
import { Typist } from '../load/typist.ts'
import { pause } from '../measure/pause.ts'
import { cpuMs } from '../measure/process-tree.ts'
import { Latencies } from '../measure/statistics.ts'
import type { Measures, PhaseContext, Scenario } from '../scenario.ts'

/** Everyone types now and then; each waits to hear that what was typed is on disk. */
async function acknowledged(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  if (!dialect.saysDurable) throw new Error(`${dialect.id} never says that an update is on disk`)
  const latencies = new Latencies()
  let durable = 0
  const writers = await crowd(context.number('documents'), 32, async index => {
    const client = await new Client(target, dialect, `durable-${index}`).openAndSync()
    const typist = new Typist(0x4000_0000 + index)
    const dueAt: number[] = []
    let told = 0
    client.listenDurable = counter => {
      const now = performance.now()
      for (; told < counter; told += 1) {
        latencies.add(now - (dueAt[told] ?? now))
        durable += 1
      }
    }
    return (due: number | undefined) => {
      if (due === undefined) {
        client.close()
        return
      }
      dueAt.push(due)
      client.sendUpdate(typist.next())
    }
  })
  let turn = 0
  const send = (due: number): void => {
    writers[turn % writers.length]?.(due)
    turn += 1
  }
  const rate = context.number('updatesPerSecond')
  await pace(rate, context.number('warmUpMs'), send)
  await pause(200)
  latencies.clear()
  durable = 0
  const sentBefore = turn
  const before = cpuMs(target.pid)
  await pace(rate, context.number('windowMs'), send)
  await pause(500)
  const cpu = cpuMs(target.pid) - before
  const sent = turn - sentBefore
  for (const writer of writers) writer(undefined)
  if (durable !== sent) throw new Error(`${sent} sent, ${durable} acknowledged`)
  return {
    ackP50: latencies.percentile(0.5),
    ackP99: latencies.percentile(0.99),
    cpuPer1000: cpu / (durable / 1000),
  }
}

/** "Saved", and how long people wait to read it. */
export const durableAck: Scenario = {
  id: 'durable-ack',
  title: 'Durable acknowledgement at 2,000 updates/s over 1,000 documents',
  method:
    'From the moment an update was due to be sent until its author is told that it is on stable storage. No peer says that: Hocuspocus acknowledges what it has applied in memory. The floors have no sockets: the same appends in a process of their own, grouped while a write is under way, as one synced batch of LevelDB or one write and fdatasync of a file.',
  servers: ['tutti-native', 'level-floor', 'file-floor'],
  seconds: 45,
  rows: [
    {
      measure: 'ackP50',
      title: 'p50',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'absolute', atMost: 10 },
        { kind: 'absolute', atMost: 3, level: 'B' },
      ],
    },
    {
      measure: 'ackP99',
      title: 'p99',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'absolute', atMost: 50 },
        { kind: 'absolute', atMost: 20, level: 'B' },
      ],
    },
    { measure: 'cpuPer1000', title: 'server CPU per 1,000', unit: 'ms', better: 'lower', goals: [] },
  ],
  phases: { acknowledged },
  async run(bench) {
    const documents = bench.scaled(1000, 200)
    const updatesPerSecond = bench.scaled(2000, 1000)
    const windowMs = bench.scaled(8000, 2000)
    if (bench.server !== 'tutti-native')
      return runInside('append', [bench.server, bench.dataDir, documents, updatesPerSecond, 0, windowMs])
    const server = await bench.start()
    const measures = await bench.load(server, 'acknowledged', {
      documents,
      updatesPerSecond,
      warmUpMs: bench.scaled(2000, 500),
      windowMs,
    })
    await server.stop('SIGKILL')
    return measures
  },
}
