import { Client, emptyStateVector } from '../../load/client.ts'
import { feed } from '../../load/feeder.ts'
import { openWhole, WholeContent } from '../../load/opener.ts'
import { pace } from '../../load/pacer.ts'
import { prepareTrace, readTrace, traceClientId, traceFeed } from '../../load/trace.ts'
import { stateVectorOf, Typist } from '../../load/typist.ts'
import { visit } from '../../load/visits.ts'
import { pause } from '../../measure/pause.ts'
import { cpuMs, rssBytes } from '../../measure/process-tree.ts'
import { untilQuiet } from '../../measure/quiet.ts'
import { median } from '../../measure/statistics.ts'
import type { Bench, Measures, PhaseContext, Scenario } from '../../scenario.ts'
import { flatRow, growthRow, withGrowth } from './growth.ts'

const sizes = [1000, 10_000, 100_000, 259_778] as const
const document = 'length'

async function fill(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const trace = readTrace(String(context.params['trace']))
  const rssBefore = rssBytes(target.pid)
  await feed(target, dialect, traceFeed(trace, document), 0, context.number('edits'))
  await untilQuiet(target.pid, 3000, 60_000)
  return { memory: (rssBytes(target.pid) - rssBefore) / 2 ** 20 }
}

/** The first to open it after a start. */
async function openCold(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const { clocks } = readTrace(String(context.params['trace']))
  const whole = new WholeContent(traceClientId, clocks[context.number('edits') - 1] ?? 0)
  const before = cpuMs(target.pid)
  const opened = await openWhole(target, dialect, document, whole)
  opened.client.close()
  return { ms: opened.ms, cpuMs: cpuMs(target.pid) - before }
}

/** What happens to an open document all day: it is joined, returned to, and typed into. */
async function workOn(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const { clocks } = readTrace(String(context.params['trace']))
  const last = clocks[context.number('edits') - 1] ?? 0
  const holder = (await openWhole(target, dialect, document, new WholeContent(traceClientId, last))).client
  const rounds = context.number('rounds')
  const behind = stateVectorOf(traceClientId, last - 20)
  await visit(target, dialect, document, behind, 100)
  const returns = await visit(target, dialect, document, behind, rounds)
  const joins = await visit(target, dialect, document, emptyStateVector, rounds / 4)

  const typist = new Typist(0x6000_0001)
  const writer = await new Client(target, dialect, document).openAndSync()
  await pace(200, 1000, () => writer.sendUpdate(typist.next()))
  const before = cpuMs(target.pid)
  const typed = typist.clock
  await pace(200, context.number('windowMs'), () => writer.sendUpdate(typist.next()))
  await pause(100)
  const cpu = cpuMs(target.pid) - before
  for (const client of [holder, writer]) client.close()
  return {
    typing: (cpu * 1000) / (typist.clock - typed),
    return: (returns.cpuMs * 1000) / rounds,
    join: (joins.cpuMs * 1000) / (rounds / 4),
    joinBytes: joins.bytes / (rounds / 4),
  }
}

async function measureLength(bench: Bench, edits: number): Promise<Measures> {
  const trace = prepareTrace()
  const filling = await bench.start('compact-often')
  await bench.load(filling, 'fill', { trace, edits })
  await filling.stop('SIGTERM')
  const compacting = await bench.start('compact-at-once')
  await untilQuiet(compacting.target.pid, 2000, 60_000)
  await compacting.stop('SIGTERM')
  const cold: Measures[] = []
  for (let round = 0; round < 3; round += 1) {
    const server = await bench.start()
    cold.push(await bench.load(server, 'openCold', { trace, edits }))
    await server.stop('SIGTERM')
  }
  const server = await bench.start()
  const rssBefore = rssBytes(server.target.pid)
  const measures = await bench.load(server, 'workOn', {
    trace,
    edits,
    rounds: bench.scaled(800, 100),
    windowMs: bench.scaled(8000, 2000),
  })
  const memory = (rssBytes(server.target.pid) - rssBefore) / 2 ** 20
  await server.stop('SIGKILL')
  bench.emptyData()
  return { ...measures, memory, cold: median(cold.map(each => each['ms'] ?? Number.NaN)) }
}

/** The same paper, at its first page and at its last. */
export const scaleLength: Scenario = {
  id: 'scale-length',
  title: 'How cost grows with the length of a document',
  method:
    'The first 1,000, 10,000, 100,000 and all 259,778 edits of the trace, compacted. Typing at 200 updates/s and coming back 20 keystrokes behind are the same work whatever the length; a join carries the whole document and may cost as much more as there is more of it. CPU of joins and returns includes the connection; cold is the first open after a start, the median of three.',
  servers: ['tutti'],
  seconds: 100,
  rows: [
    flatRow('typing', '× 10 length: CPU per keystroke'),
    flatRow('return', '× 10 length: CPU per return'),
    growthRow('join', '× 10 length: CPU per join'),
    growthRow('cold', '× 10 length: time of a cold open'),
    ...(['typing', 'return', 'join'] as const).flatMap(measure =>
      sizes.map(size => ({
        measure: `${measure}@${size}`,
        title: `${size.toLocaleString('en-US')} edits: CPU per ${measure === 'typing' ? 'keystroke' : measure}`,
        unit: 'µs',
        better: 'lower' as const,
        goals: [],
      })),
    ),
  ],
  curves: [
    {
      id: 'cpu',
      title: 'CPU on an open document',
      xTitle: 'edits in the document',
      yTitle: 'µs of server CPU for one',
      log: true,
      lines: [
        { measure: 'typing', title: 'keystroke' },
        { measure: 'return', title: 'return' },
        { measure: 'join', title: 'join' },
      ],
    },
    {
      id: 'cold',
      title: 'Cold open, compacted',
      xTitle: 'edits in the document',
      yTitle: 'ms until the whole content is there',
      log: true,
      lines: [{ measure: 'cold', title: '' }],
    },
  ],
  phases: { fill, openCold, workOn },
  async run(bench) {
    const measures: Record<string, number> = {}
    for (const size of sizes) {
      const got = await measureLength(bench, bench.scaled(size, Math.round(size / 5)))
      for (const [name, value] of Object.entries(got)) measures[`${name}@${size}`] = value
    }
    return withGrowth(measures, { growing: ['join', 'cold'], flat: ['typing', 'return'] })
  },
}
