import { pause } from '../measure/pause.ts'
import { cpuMs } from '../measure/process-tree.ts'
import { Latencies } from '../measure/statistics.ts'
import type { Measures, PhaseContext } from '../scenario.ts'
import { Client } from './client.ts'
import { type ClockRange, readClockRange } from './clocks.ts'
import { crowd } from './crowd.ts'
import { pace } from './pacer.ts'
import { Typist } from './typist.ts'

/** One writer types at a steady rate; each reader's delay is taken for every keystroke. */
export async function typeToReaders(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const typist = new Typist(0x51c0_22e7)
  const writer = await new Client(target, dialect, 'paced').openAndSync()
  const readers = await crowd(context.number('readers'), 64, () => new Client(target, dialect, 'paced').openAndSync())
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
  const typed = dueAt.length
  const before = cpuMs(target.pid)
  await pace(rate, context.number('windowMs'), send)
  await pause(50)
  const cpu = cpuMs(target.pid) - before
  for (const client of [writer, ...readers]) client.close()
  return {
    cpuPer1000: cpu / (delivered / 1000),
    cpuPerUpdate: cpu / (dueAt.length - typed),
    latencyP50: latencies.percentile(0.5),
    latencyP99: latencies.percentile(0.99),
    delivered,
  }
}
