import { runInside } from '../../inside/run-inside.ts'
import { Client } from '../../load/client.ts'
import { feed } from '../../load/feeder.ts'
import { rewriting } from '../../load/rewriter.ts'
import { folderBytes } from '../../measure/disk.ts'
import { cpuMs } from '../../measure/process-tree.ts'
import { untilQuiet } from '../../measure/quiet.ts'
import { median } from '../../measure/statistics.ts'
import type { Bench, Measures, PhaseContext, Scenario } from '../../scenario.ts'
import { flatRow, growthRow, withGrowth } from './growth.ts'

const sizes = [10_000, 100_000, 1_000_000] as const
const document = 'history'
const author = 0x6100_0001

/** Types and takes back, until that much history has gathered. */
async function rewrite(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const entries = context.number('entries')
  const before = cpuMs(target.pid)
  const seconds = await feed(target, dialect, rewriting(document, author, entries))
  await untilQuiet(target.pid, 3000, 60_000)
  return { append: ((cpuMs(target.pid) - before) * 1000) / entries, seconds }
}

/** The first to open it after a start: it holds next to nothing. */
async function openFirst({ target, dialect }: PhaseContext): Promise<Measures> {
  const startedAt = performance.now()
  const client = await new Client(target, dialect, document).openAndSync()
  const ms = performance.now() - startedAt
  client.close()
  return { ms }
}

async function measureHistory(bench: Bench, entries: number): Promise<Measures> {
  const filling = await bench.start('compact-often')
  const { append = Number.NaN } = await bench.load(filling, 'rewrite', { entries })
  await filling.stop('SIGTERM')
  const compacting = await bench.start('compact-at-once')
  await untilQuiet(compacting.target.pid, 2000, 60_000)
  await compacting.stop('SIGTERM')
  const bytes = folderBytes(bench.dataDir)
  const opens: number[] = []
  const starts: number[] = []
  for (let round = 0; round < 5; round += 1) {
    const startedAt = performance.now()
    const server = await bench.start()
    starts.push(performance.now() - startedAt)
    opens.push((await bench.load(server, 'openFirst', {}))['ms'] ?? Number.NaN)
    await server.stop('SIGTERM')
  }
  const moment = await runInside('read-history', [bench.dataDir, document, 'some'])
  bench.emptyData()
  return {
    append,
    open: median(opens),
    start: median(starts),
    moment: moment['ms'] ?? Number.NaN,
    disk: bytes / 1e6,
    bytesPerEntry: bytes / entries,
  }
}

const titles = {
  append: ['CPU per entry, compaction included', 'µs'],
  open: ['first open after a start', 'ms'],
  moment: ['reading 100 entries in the middle', 'ms'],
  start: ['start of the server', 'ms'],
  bytesPerEntry: ['bytes on disk per entry', ''],
} as const

/** A page that is written and rewritten for years: what is on it stays small, what happened does not. */
export const scaleHistory: Scenario = {
  id: 'scale-history',
  title: 'How cost grows with the history of a document',
  method:
    '10,000, 100,000 and 1,000,000 entries, each typing a character or taking it back, so that the content stays empty. Ours looks for work to compact every second. An append, the first open and a look into the middle of history are the same work however long that is; bytes on disk are the history itself.',
  servers: ['tutti'],
  seconds: 70,
  rows: [
    flatRow('append', '× 10 history: CPU per entry'),
    flatRow('open', '× 10 history: first open'),
    flatRow('moment', '× 10 history: reading 100 entries in the middle'),
    flatRow('start', '× 10 history: start of the server'),
    growthRow('disk', '× 10 history: bytes on disk'),
    ...(['append', 'open', 'moment', 'start', 'bytesPerEntry'] as const).flatMap(measure =>
      sizes.map(size => ({
        measure: `${measure}@${size}`,
        title: `${size.toLocaleString('en-US')} entries: ${titles[measure][0]}`,
        unit: titles[measure][1],
        better: 'lower' as const,
        goals: [],
      })),
    ),
  ],
  curves: [
    {
      id: 'time',
      title: 'The same work in a longer history',
      xTitle: 'entries of history',
      yTitle: 'µs per entry; ms for the others',
      log: true,
      lines: [
        { measure: 'append', title: 'append' },
        { measure: 'open', title: 'first open' },
        { measure: 'moment', title: '100 old entries' },
        { measure: 'start', title: 'start' },
      ],
    },
  ],
  phases: { rewrite, openFirst },
  async run(bench) {
    const measures: Record<string, number> = {}
    for (const size of sizes) {
      const got = await measureHistory(bench, bench.scaled(size, size / 10))
      for (const [name, value] of Object.entries(got)) measures[`${name}@${size}`] = value
    }
    return withGrowth(measures, { growing: ['disk'], flat: ['append', 'open', 'moment', 'start'] })
  },
}
