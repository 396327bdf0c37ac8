import { Client } from '../load/client.ts'
import { type ClockRange, readClockRange } from '../load/clocks.ts'
import { proveTyped } from '../load/opener.ts'
import { Typist } from '../load/typist.ts'
import { pause } from '../measure/pause.ts'
import { cpuMs, rssBytes } from '../measure/process-tree.ts'
import { allServers, type Measures, type PhaseContext, type Scenario } from '../scenario.ts'

/**
 * Keystrokes on the way at once: what the slowest reader has not seen yet. Servers differ in what suits them (merging
 * many costs one more than it saves, storing first wants more under way), so each gets the better of the two.
 */
const windows = [256, 1024] as const

/**
 * One writer keeps `windowUpdates` keystrokes under way; every reader counts what reaches it by the writer's clock.
 * The first reader also proves that no clock is skipped.
 */
async function fullSpeed(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const readerCount = context.number('readers')
  const windowUpdates = context.number('window')
  const document = `fan-out-${readerCount}`
  const typist = new Typist(0x7a3b_19c5)
  const writer = await new Client(target, dialect, document).openAndSync()
  const readers = await Promise.all(
    Array.from({ length: readerCount }, () => new Client(target, dialect, document).openAndSync()),
  )
  const seen = new Float64Array(readerCount)
  let frames = 0
  let refill: NodeJS.Immediate | undefined
  let stopped = false

  const fill = (): void => {
    refill = undefined
    if (stopped) return
    const room = Math.min(...seen) + windowUpdates - typist.clock
    if (room < windowUpdates / 8) return
    writer.sendUpdates(Array.from({ length: room }, () => typist.next()))
  }

  readers.forEach((reader, index) => {
    const range: ClockRange = { from: 0, to: 0 }
    let last: Buffer | undefined
    let lastStart = 0
    let lastEnd = 0
    reader.listenUpdate = (bytes, start, end) => {
      if (index === 0) {
        frames += 1
        readClockRange(range, bytes, start, end, typist.clientId)
        if (range.from > (seen[0] ?? 0))
          throw new Error(`update ${seen[0]} was skipped: the next begins at ${range.from}`)
        seen[0] = Math.max(seen[0] ?? 0, range.to)
        return
      }
      last = bytes
      lastStart = start
      lastEnd = end
    }
    reader.listenChunkEnd = () => {
      if (last !== undefined) {
        readClockRange(range, last, lastStart, lastEnd, typist.clientId)
        seen[index] = range.to
        last = undefined
      }
      refill ??= setImmediate(fill)
    }
  })

  fill()
  await pause(context.number('warmUpMs'))
  const startedAt = performance.now()
  const ownBefore = process.cpuUsage()
  const before = { cpu: cpuMs(target.pid), delivered: sum(seen), frames, sent: seen[0] ?? 0 }
  await pause(context.number('windowMs'))
  const seconds = (performance.now() - startedAt) / 1000
  const cpu = cpuMs(target.pid) - before.cpu
  const own = process.cpuUsage(ownBefore)
  const delivered = sum(seen) - before.delivered
  const accepted = (seen[0] ?? 0) - before.sent
  const framesSeen = frames - before.frames
  stopped = true
  const rss = rssBytes(target.pid)
  if (context.params['prove'] === true) await proveTyped(target, dialect, document, typist)
  for (const client of [writer, ...readers]) client.close()
  return {
    deliveredPerSecond: delivered / seconds,
    acceptedPerSecond: accepted / seconds,
    cpuMsPer1000: cpu / (delivered / 1000),
    updatesPerFrame: accepted / framesSeen,
    serverCores: cpu / 1000 / seconds,
    generatorCores: (own.user + own.system) / 1e6 / seconds,
    rssMiB: rss / 2 ** 20,
  }
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0)
}

/** One document, one writer as fast as the server lets it, and 50 or 200 readers. */
export const fanOut: Scenario = {
  id: 'fan-out',
  title: 'One document, one writer at full speed',
  method: `The writer keeps ${windows.join(' or ')} (whichever suits the server better) single-character updates under way, each in a frame of its own; delivered updates are counted at every reader by the writer's Yjs clock, so merged frames count for what they hold.`,
  servers: [...allServers, 'ws-floor'],
  seconds: 205,
  rows: [
    {
      measure: 'delivered50',
      title: '50 readers: updates delivered',
      unit: '/s',
      better: 'higher',
      goals: [
        { kind: 'ratio', peer: 'yws', atLeast: 8 },
        { kind: 'ratio', peer: 'hocus-sqlite', atLeast: 1 },
        { kind: 'ratio', peer: 'yws', atLeast: 15, level: 'B' },
        { kind: 'ratio', peer: 'hocus-sqlite', atLeast: 1.5, level: 'B' },
      ],
    },
    {
      measure: 'cpu50',
      title: '50 readers: server CPU per 1,000 delivered',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'absolute', atMost: 0.8 },
        { kind: 'absolute', atMost: 0.4, level: 'B' },
      ],
    },
    { measure: 'merged50', title: '50 readers: updates per frame', unit: '', better: 'higher', goals: [] },
    { measure: 'generator50', title: '50 readers: load generator', unit: 'cores', better: 'lower', goals: [] },
    {
      measure: 'delivered200',
      title: '200 readers: updates delivered',
      unit: '/s',
      better: 'higher',
      goals: [
        { kind: 'ratio', peer: 'hocus-sqlite', atLeast: 1 },
        { kind: 'ratio', peer: 'hocus-sqlite', atLeast: 1.5, level: 'B' },
      ],
    },
    { measure: 'cpu200', title: '200 readers: server CPU per 1,000 delivered', unit: 'ms', better: 'lower', goals: [] },
    { measure: 'generator200', title: '200 readers: load generator', unit: 'cores', better: 'lower', goals: [] },
  ],
  phases: { fullSpeed },
  async run(bench) {
    const measures: Record<string, number> = {}
    for (const readers of [50, 200]) {
      let best: Measures = {}
      for (const window of windows) {
        const server = await bench.start()
        const got = await bench.load(server, 'fullSpeed', {
          readers,
          window,
          prove: bench.holdsContent,
          warmUpMs: bench.scaled(1500, 500),
          windowMs: bench.scaled(4000, 1500),
        })
        await server.stop('SIGKILL')
        bench.emptyData()
        if ((got['deliveredPerSecond'] ?? 0) > (best['deliveredPerSecond'] ?? 0)) best = { ...got, window }
      }
      measures[`delivered${readers}`] = best['deliveredPerSecond'] ?? Number.NaN
      measures[`cpu${readers}`] = best['cpuMsPer1000'] ?? Number.NaN
      measures[`merged${readers}`] = best['updatesPerFrame'] ?? Number.NaN
      measures[`generator${readers}`] = best['generatorCores'] ?? Number.NaN
      measures[`serverCores${readers}`] = best['serverCores'] ?? Number.NaN
      measures[`rss${readers}`] = best['rssMiB'] ?? Number.NaN
      measures[`window${readers}`] = best['window'] ?? Number.NaN
    }
    return measures
  },
}
