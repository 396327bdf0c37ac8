import { feed } from '../load/feeder.ts'
import { openWhole, proveText, WholeContent } from '../load/opener.ts'
import { prepareTrace, readTrace, type Trace, traceClientId, traceFeed } from '../load/trace.ts'
import { folderBytes } from '../measure/disk.ts'
import { pause } from '../measure/pause.ts'
import { cpuMs, rssBytes } from '../measure/process-tree.ts'
import { untilQuiet } from '../measure/quiet.ts'
import { median } from '../measure/statistics.ts'
import { allServers, type Bench, type Measures, type PhaseContext, type Scenario } from '../scenario.ts'

const document = 'paper'

function traceOf(context: PhaseContext): Trace {
  return readTrace(String(context.params['trace']))
}

/** Types the whole trace, one update each, while one reader watches it arrive. */
async function fillAll(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const trace = traceOf(context)
  const before = cpuMs(target.pid)
  const seconds = await feed(target, dialect, traceFeed(trace, document))
  const backlogFrom = performance.now()
  const quiet = await untilQuiet(target.pid, context.number('quietMs'), 240_000)
  const backlogSeconds = (performance.now() - backlogFrom - context.number('quietMs')) / 1000
  if (!quiet) throw new Error('the server never finished storing')
  return {
    feedPerSecond: trace.updates.length / seconds,
    feedCpuSeconds: (cpuMs(target.pid) - before) / 1000,
    feedBacklogSeconds: Math.max(0, backlogSeconds),
  }
}

/** Opens the document with some empty clients at once; with `held`, another client has it open already. */
async function open(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const { clocks, text } = traceOf(context)
  const whole = new WholeContent(traceClientId, clocks.at(-1) ?? 0)
  const holder = context.params['held'] === true ? await openWhole(target, dialect, document, whole) : undefined
  if (holder !== undefined) await pause(500)
  const before = cpuMs(target.pid)
  const opened = await Promise.all(
    Array.from({ length: context.number('clients') }, () => openWhole(target, dialect, document, whole)),
  )
  await pause(200)
  const cpu = cpuMs(target.pid) - before
  const rss = rssBytes(target.pid)
  const first = opened[0]
  if (first !== undefined) proveText(first, text)
  for (const each of [...opened, ...(holder === undefined ? [] : [holder])]) each.client.close()
  const times = opened.map(each => each.ms)
  return {
    lastMs: Math.max(...times),
    medianMs: median(times),
    answeredMs: median(opened.map(each => each.answeredMs)),
    cpuMs: cpu,
    rssMiB: rss / 2 ** 20,
    bytes: first?.updates.reduce((total, update) => total + update.length, 0) ?? 0,
  }
}

async function fill(bench: Bench, trace: string): Promise<Measures> {
  const server = await bench.start('never-compact')
  // The longest debounce among the peers is 2 s.
  const fed = await bench.load(server, 'fill', { trace, quietMs: 3000 })
  if (!bench.persistent) {
    const measures = { ...fed, ...(await alreadyOpen(bench, server, trace)) }
    await server.stop('SIGKILL')
    return measures
  }
  await server.stop('SIGTERM')
  return fed
}

async function alreadyOpen(
  bench: Bench,
  server: Awaited<ReturnType<Bench['start']>>,
  trace: string,
): Promise<Measures> {
  // Once before it counts: the first answer of a process also pays for compiling it.
  await bench.load(server, 'open', { trace, clients: 1, held: true })
  const one = await bench.load(server, 'open', { trace, clients: 1, held: true })
  const fifty = await bench.load(server, 'open', { trace, clients: 50, held: true })
  return {
    held1: one['lastMs'] ?? Number.NaN,
    held50: fifty['lastMs'] ?? Number.NaN,
    heldBytes: one['bytes'] ?? Number.NaN,
  }
}

async function run(bench: Bench): Promise<Measures> {
  const trace = prepareTrace()
  const measures: Record<string, number> = {}
  // Ours changes from day to day, so it is filled anew each time; a peer's full store is kept.
  const ours = bench.server === 'tutti' || bench.server === 'tutti-native'
  const restored = !ours && bench.restoreData('trace')
  if (!restored) Object.assign(measures, await fill(bench, trace))
  if (!bench.persistent) return measures
  if (!restored && !ours) bench.keepData('trace')
  measures['diskNever'] = folderBytes(bench.dataDir) / 1e6

  const never = await bench.start('never-compact')
  const firstOpen = await bench.load(never, 'open', { trace, clients: 1 })
  measures['never1'] = firstOpen['lastMs'] ?? Number.NaN
  measures['never1Answered'] = firstOpen['answeredMs'] ?? Number.NaN
  measures['never1Cpu'] = firstOpen['cpuMs'] ?? Number.NaN
  await untilQuiet(never.target.pid, 3000, 60_000)
  await never.stop('SIGTERM')

  const compacting = await bench.start('compact-at-once')
  await untilQuiet(compacting.target.pid, ours ? 3000 : 500, 60_000)
  await compacting.stop('SIGTERM')
  measures['diskCompacted'] = folderBytes(bench.dataDir) / 1e6

  for (const clients of [1, 50]) {
    const server = await bench.start()
    const got = await bench.load(server, 'open', { trace, clients })
    measures[`cold${clients}`] = got['lastMs'] ?? Number.NaN
    measures[`cold${clients}Cpu`] = got['cpuMs'] ?? Number.NaN
    if (clients === 50) Object.assign(measures, await alreadyOpen(bench, server, trace))
    await server.stop('SIGTERM')
  }
  return measures
}

/** A year of one person's typing, opened in the morning. */
export const coldOpen: Scenario = {
  id: 'cold-open',
  title: 'A document of 259,778 single-keystroke updates',
  method:
    'Filled one update at a time, server stopped, started again, opened by empty clients; time from connecting to the last byte of the whole content, whose text is then compared. A peer that keeps a merged state has no "never compacted"; its figure there is its first open, y-leveldb merges during that one. Stores of peers may come from an earlier run.',
  servers: allServers,
  seconds: 220,
  rows: [
    {
      measure: 'never1',
      title: 'cold, never compacted, one client',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'yws-leveldb', atMost: 1 / 20 },
        { kind: 'ratio', peer: 'yws-leveldb', atMost: 1 / 50, level: 'B' },
      ],
    },
    {
      measure: 'cold1',
      title: 'cold, compacted, one client',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'hocus-sqlite', atMost: 1 },
        { kind: 'ratio', peer: 'hocus-sqlite', atMost: 0.5, level: 'B' },
      ],
    },
    {
      measure: 'cold50',
      title: 'cold, compacted, last of 50 at once',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'hocus-sqlite', atMost: 1 },
        { kind: 'ratio', peer: 'hocus-sqlite', atMost: 0.5, level: 'B' },
      ],
    },
    {
      measure: 'held1',
      title: 'already open, one client',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'hocus-sqlite', atMost: 1 },
        { kind: 'ratio', peer: 'hocus-sqlite', atMost: 0.5, level: 'B' },
      ],
    },
    {
      measure: 'held50',
      title: 'already open, last of 50 at once',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'hocus-sqlite', atMost: 1 },
        { kind: 'ratio', peer: 'hocus-sqlite', atMost: 0.5, level: 'B' },
      ],
    },
    { measure: 'never1Answered', title: 'first answer to a cold client', unit: 'ms', better: 'lower', goals: [] },
    { measure: 'diskNever', title: 'on disk, never compacted', unit: 'MB', better: 'lower', goals: [] },
    {
      measure: 'diskCompacted',
      title: 'on disk, compacted (ours: history kept)',
      unit: 'MB',
      better: 'lower',
      goals: [
        { kind: 'absolute', atMost: 1 },
        { kind: 'absolute', atMost: 0.4, level: 'B' },
      ],
    },
    { measure: 'feedPerSecond', title: 'filling: updates taken', unit: '/s', better: 'higher', goals: [] },
    { measure: 'feedCpuSeconds', title: 'filling: server CPU', unit: 's', better: 'lower', goals: [] },
    {
      measure: 'feedBacklogSeconds',
      title: 'filling: still storing after the last delivery',
      unit: 's',
      better: 'lower',
      goals: [],
    },
  ],
  phases: { fill: fillAll, open },
  run,
}
