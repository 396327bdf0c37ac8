import { runInside } from '../inside/run-inside.ts'
import { Client } from '../load/client.ts'
import { feed } from '../load/feeder.ts'
import { prepareTrace, readTrace, traceFeed } from '../load/trace.ts'
import { folderBytes } from '../measure/disk.ts'
import { writtenBytes } from '../measure/disk-writes.ts'
import { untilQuiet } from '../measure/quiet.ts'
import type { Bench, Measures, PhaseContext, Scenario, ServerSetting } from '../scenario.ts'

const document = 'growth'
const parts = 5

function editsOf(bench: Bench): number {
  return bench.scaled(readTrace(prepareTrace()).updates.length, 40_000)
}

/** Types one more part of the trace and waits until the server has put it away. */
async function type(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const trace = readTrace(String(context.params['trace']))
  await feed(target, dialect, traceFeed(trace, document), context.number('from'), context.number('to'))
  const quiet = await untilQuiet(target.pid, context.number('quietMs'), 240_000)
  if (!quiet) throw new Error('the server never finished storing')
  return {}
}

/** Types the whole trace part by part and looks at the disk after each; `name` is the line it draws. */
async function grow(bench: Bench, setting: ServerSetting, name: string): Promise<Measures> {
  const trace = prepareTrace()
  const { updates } = readTrace(trace)
  const edits = editsOf(bench)
  const measures: Record<string, number> = {}
  const server = await bench.start(setting)
  let raw = 0
  for (let part = 0; part < parts; part += 1) {
    const from = Math.round((edits * part) / parts)
    const to = Math.round((edits * (part + 1)) / parts)
    // The longest debounce among the peers is 2 s.
    await bench.load(server, 'type', { trace, from, to, quietMs: 3000 })
    for (let index = from; index < to; index += 1) raw += updates[index]?.length ?? 0
    measures[`${name}@${to}`] = folderBytes(bench.dataDir) / 1e6
    measures[`raw@${to}`] = raw / 1e6
  }
  measures['rawMB'] = raw / 1e6
  measures[`${name}MB`] = folderBytes(bench.dataDir) / 1e6
  measures[`${name}WrittenMB`] = writtenBytes(server.target.pid) / 1e6
  await server.stop('SIGTERM')
  return measures
}

async function run(bench: Bench): Promise<Measures> {
  if (bench.server !== 'tutti') {
    const { rawMB: _, ...peers } = Object.fromEntries(
      Object.entries(await grow(bench, 'default', 'disk')).filter(([name]) => !name.startsWith('raw@')),
    )
    const again = await bench.start()
    await bench.load(again, 'look', {})
    await untilQuiet(again.target.pid, 3000, 60_000)
    await again.stop('SIGTERM')
    return { ...peers, restartedMB: folderBytes(bench.dataDir) / 1e6 }
  }
  const edits = editsOf(bench)
  const never = await grow(bench, 'never-compact', 'never')
  bench.emptyData()
  const compacting = await grow(bench, 'compact-often', 'disk')
  const again = await bench.start('compact-at-once')
  await untilQuiet(again.target.pid, 3000, 60_000)
  await again.stop('SIGTERM')
  const restartedMB = folderBytes(bench.dataDir) / 1e6
  const history = await runInside('read-history', [bench.dataDir, document, 'all'])
  return { ...never, ...compacting, restartedMB, historyPercent: ((history['entries'] ?? Number.NaN) / edits) * 100 }
}

/** Opens the document: y-leveldb merges what it has when somebody asks for it. */
async function look({ target, dialect }: PhaseContext): Promise<Measures> {
  const client = await new Client(target, dialect, document).openAndSync()
  client.close()
  return {}
}

/** A year of typing on one disk. */
export const storageGrowth: Scenario = {
  id: 'storage-growth',
  title: 'Storage while 259,778 keystrokes are typed',
  method:
    'The document is typed in five parts, one update a keystroke; after each, when the server is quiet, the bytes of all files in its data folder are counted. Ours looks for work to compact every second here (a minute by default) and is shown once more without compaction. Written is what the server had the kernel write to storage. At last the store is opened once more and counted again; ours is then read back entry by entry.',
  servers: ['tutti', 'yws-leveldb', 'hocus-sqlite'],
  seconds: 190,
  rows: [
    { measure: 'rawMB', title: 'the updates themselves', unit: 'MB', better: 'lower', goals: [] },
    { measure: 'neverMB', title: 'on disk, never compacted', unit: 'MB', better: 'lower', goals: [] },
    { measure: 'diskMB', title: 'on disk at the end', unit: 'MB', better: 'lower', goals: [] },
    {
      measure: 'restartedMB',
      title: 'on disk, opened once more (ours: history kept)',
      unit: 'MB',
      better: 'lower',
      goals: [
        { kind: 'absolute', atMost: 1 },
        { kind: 'absolute', atMost: 0.4, level: 'B' },
      ],
    },
    { measure: 'diskWrittenMB', title: 'written until then', unit: 'MB', better: 'lower', goals: [] },
    {
      measure: 'historyPercent',
      title: 'keystrokes that can still be read one by one',
      unit: '%',
      better: 'higher',
      goals: [],
    },
  ],
  curves: [
    {
      id: 'disk',
      title: 'Bytes on disk',
      xTitle: 'keystrokes typed',
      yTitle: 'MB',
      log: false,
      lines: [
        { measure: 'raw', title: 'the updates themselves', ofNobody: true },
        { measure: 'never', title: 'never compacted' },
        { measure: 'disk', title: '' },
      ],
    },
  ],
  phases: { type, look },
  run,
}
