import { Client } from '../load/client.ts'
import { type ClockRange, readClockRange } from '../load/clocks.ts'
import { pace } from '../load/pacer.ts'
import { Typist } from '../load/typist.ts'
import { pause } from '../measure/pause.ts'
import { cpuMs } from '../measure/process-tree.ts'
import { Latencies } from '../measure/statistics.ts'
import { allServers, type Measures, type PhaseContext, type Scenario } from '../scenario.ts'

/** One writer types at a steady rate; each reader's delay is taken for every keystroke. */
async function paced(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const typist = new Typist(0x51c0_22e7)
  const writer = await new Client(target, dialect, 'paced').openAndSync()
  const readers = await Promise.all(
    Array.from({ length: context.number('readers') }, () => new Client(target, dialect, 'paced').openAndSync()),
  )
  const dueAt: number[] = []
  const latencies = new Latencies()
  let delivered = 0
  for (const reader of readers) {
    const range: ClockRange = { from: 0, to: 0 }
    let seen = 0
    reader.listenUpdate = (bytes, start, end) => {
      const now = performance.now()
      readClockRange(range, bytes, start, end, typist.clientId)
      for (; seen < range.to; seen += 1) {
        latencies.add(now - (dueAt[seen] ?? now))
        delivered += 1
      }
    }
  }
  const send = (due: number): void => {
    dueAt.push(due)
    writer.sendUpdate(typist.next())
  }
  const rate = context.number('updatesPerSecond')
  await pace(rate, context.number('warmUpMs'), send)
  await pause(100)
  latencies.clear()
  delivered = 0
  const before = cpuMs(target.pid)
  await pace(rate, context.number('windowMs'), send)
  await pause(50)
  const cpu = cpuMs(target.pid) - before
  for (const client of [writer, ...readers]) client.close()
  return {
    cpuPer1000: cpu / (delivered / 1000),
    latencyP50: latencies.percentile(0.5),
    latencyP99: latencies.percentile(0.99),
    delivered,
  }
}

/** Typing as people do it: nothing to batch. */
export const fanOutPaced: Scenario = {
  id: 'fan-out-paced',
  title: 'One document, 50 readers, 200 updates/s evenly spaced',
  method:
    'Latency is from the moment an update was due to be sent until each of the 50 readers has it, in one process with one clock.',
  servers: [...allServers, 'ws-floor'],
  seconds: 80,
  rows: [
    {
      measure: 'cpuPer1000',
      title: 'Server CPU per 1,000 delivered',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'hocus-sqlite', atMost: 0.8 },
        { kind: 'ratio', peer: 'hocus-sqlite', atMost: 0.5, level: 'B' },
      ],
    },
    {
      measure: 'latencyP50',
      title: 'Latency p50',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'absolute', atMost: 5 },
        { kind: 'absolute', atMost: 3, level: 'B' },
      ],
    },
    {
      measure: 'latencyP99',
      title: 'Latency p99',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'absolute', atMost: 20 },
        { kind: 'absolute', atMost: 10, level: 'B' },
      ],
    },
  ],
  phases: { paced },
  async run(bench) {
    const server = await bench.start()
    const measures = await bench.load(server, 'paced', {
      readers: 50,
      updatesPerSecond: 200,
      warmUpMs: bench.scaled(2000, 500),
      windowMs: bench.scaled(8000, 2500),
    })
    await server.stop('SIGKILL')
    return measures
  },
}
