import { Client } from '../load/client.ts'
import { crowd } from '../load/crowd.ts'
import { stateVectorOf, typedState, Typist } from '../load/typist.ts'
import { cpuMs, rssBytes } from '../measure/process-tree.ts'
import { untilQuiet } from '../measure/quiet.ts'
import { median } from '../measure/statistics.ts'
import { allServers, type Measures, type PhaseContext, type Scenario } from '../scenario.ts'

const name = (index: number): string => `storm-${index}`
const author = (index: number): number => 0x3000_0000 + index

/** Types every document, so that a persistent server has something to come back with. */
async function type(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  await crowd(context.number('documents'), 32, async index => {
    const typist = new Typist(author(index))
    const writer = await new Client(target, dialect, name(index)).openAndSync()
    writer.sendUpdates(Array.from({ length: context.number('keystrokes') }, () => typist.next()))
    // A second client's answer comes after the writer's updates were read, so nothing is cut off by closing.
    await untilThere(context, index)
    writer.close()
  })
  await untilQuiet(target.pid, 3000, 120_000)
  return {}
}

async function untilThere(context: PhaseContext, index: number): Promise<void> {
  for (;;) {
    const probe = new Client(context.target, context.dialect, name(index))
    let bytes = 0
    probe.listenSyncAnswer = (_bytes, start, end) => {
      bytes = end - start
    }
    await probe.openAndSync()
    probe.close()
    if (bytes >= context.number('keystrokes')) return
  }
}

/** Everyone comes back at once; with `holding` they have the whole text and say so. */
async function storm(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const documents = context.number('documents')
  const keystrokes = context.number('keystrokes')
  const before = cpuMs(target.pid)
  const startedAt = performance.now()
  const clients = Array.from({ length: context.number('clients') }, (_, index) => {
    const client = new Client(target, dialect, name(index % documents))
    if (context.params['holding'] === true) {
      client.stateVector = stateVectorOf(author(index % documents), keystrokes)
      client.held = typedState(author(index % documents), keystrokes)
    }
    return client
  })
  const times = await Promise.all(
    clients.map(async client => {
      await client.openAndSync()
      return performance.now() - startedAt
    }),
  )
  const cpuSynced = cpuMs(target.pid) - before
  await untilQuiet(target.pid, 1000, 60_000)
  const cpu = cpuMs(target.pid) - before
  const rss = rssBytes(target.pid)
  for (const client of clients) client.close()
  return {
    cpuSynced: cpuSynced / 1000,
    cpuQuiet: cpu / 1000,
    syncedMs: Math.max(...times),
    syncedMedianMs: median(times),
    rssMiB: rss / 2 ** 20,
  }
}

/** The server was restarted and everyone notices in the same second. */
export const reconnectStorm: Scenario = {
  id: 'reconnect-storm',
  title: 'Reconnect storm: 2,000 clients, 200 documents of 500 typed characters, right after a restart',
  method:
    'All clients connect at once and hold the whole text. Steps of a second in the time to sync are retries of the kernel past the queue of half-open connections: read the CPU rows. Peers without a store start empty and are healed by the clients.',
  servers: [...allServers, 'ws-floor'],
  seconds: 70,
  rows: [
    {
      measure: 'cpuSynced',
      title: 'server CPU until all are synced',
      unit: 's',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'better-peer', atMost: 1 },
        { kind: 'ratio', peer: 'better-peer', atMost: 0.5, level: 'B' },
      ],
    },
    { measure: 'cpuQuiet', title: 'server CPU until quiet', unit: 's', better: 'lower', goals: [] },
    { measure: 'syncedMedianMs', title: 'synced, median', unit: 'ms', better: 'lower', goals: [] },
    { measure: 'syncedMs', title: 'synced, last', unit: 'ms', better: 'lower', goals: [] },
    {
      measure: 'emptyCpuSynced',
      title: 'clients without content: server CPU until all are synced',
      unit: 's',
      better: 'lower',
      goals: [],
    },
  ],
  phases: { type, storm },
  async run(bench) {
    const documents = bench.scaled(200, 50)
    const clients = bench.scaled(2000, 500)
    const keystrokes = 500
    const measures: Record<string, number> = {}
    if (bench.persistent) {
      const typed = await bench.start()
      await bench.load(typed, 'type', { documents, keystrokes })
      await typed.stop('SIGTERM')
      const empty = await bench.start()
      const got = await bench.load(empty, 'storm', { documents, clients, keystrokes, holding: false })
      measures['emptyCpuSynced'] = got['cpuSynced'] ?? Number.NaN
      await empty.stop('SIGTERM')
    }
    const server = await bench.start()
    Object.assign(measures, await bench.load(server, 'storm', { documents, clients, keystrokes, holding: true }))
    await server.stop('SIGKILL')
    return measures
  },
}
