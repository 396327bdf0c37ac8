import { Client } from '../load/client.ts'
import { crowd } from '../load/crowd.ts'
import { Typist } from '../load/typist.ts'
import { pause } from '../measure/pause.ts'
import { cpuMs, rssBytes } from '../measure/process-tree.ts'
import { untilQuiet } from '../measure/quiet.ts'
import { allServers, type Measures, type PhaseContext, type Scenario } from '../scenario.ts'

/** Everyone joins a document of their own, writes one character, and stays. */
async function join(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const count = context.number('connections')
  // A few first, so that code is compiled and buffers are grown before memory is read.
  const warm = await crowd(context.number('warmUpConnections'), 32, index => enter(`warm-${index}`, index))
  for (const client of warm) client.close()
  await untilQuiet(target.pid, 600, 10_000)
  await pause(context.number('restMs'))
  const rssBefore = rssBytes(target.pid)
  const cpuBefore = cpuMs(target.pid)
  const startedAt = performance.now()
  const clients = await crowd(count, 64, index => enter(`idle-${index}`, 1_000_000 + index))
  const seconds = (performance.now() - startedAt) / 1000
  await untilQuiet(target.pid, 1000, context.number('settleLimitMs'))
  const cpu = cpuMs(target.pid) - cpuBefore
  const rssJoined = rssBytes(target.pid) - rssBefore
  const idleFrom = cpuMs(target.pid)
  const restMs = context.number('restMs')
  await pause(restMs)
  const idleCpu = cpuMs(target.pid) - idleFrom
  const rss = rssBytes(target.pid) - rssBefore
  for (const client of clients) client.close()
  return {
    kibPerConnection: rss / 1024 / count,
    kibJoined: rssJoined / 1024 / count,
    joinsPerSecond: count / seconds,
    cpuMsPerJoin: cpu / count,
    idleCpuMsPerSecond: idleCpu / (restMs / 1000),
    rssMiB: (rss + rssBefore) / 2 ** 20,
  }

  async function enter(document: string, clientId: number): Promise<Client> {
    const client = await new Client(target, dialect, document).openAndSync()
    client.sendUpdate(new Typist(clientId).next())
    return client
  }
}

/** People who are there and do nothing. */
export const idle: Scenario = {
  id: 'idle',
  title: '5,000 connections, each with a small document of its own',
  method:
    'Every client connects, syncs, writes one character and stays. Memory is the growth of resident memory per connection with its document, no forced collection, 12 s of rest before each reading so that the runtime has put back what joining left behind; CPU per join counts until the server is quiet again, stores included.',
  servers: [...allServers, 'ws-floor'],
  seconds: 280,
  rows: [
    {
      measure: 'kibPerConnection',
      title: 'Memory per connection and document, at rest',
      unit: 'KiB',
      better: 'lower',
      goals: [
        { kind: 'absolute', atMost: 24 },
        { kind: 'absolute', atMost: 15, level: 'B' },
      ],
    },
    {
      measure: 'kibJoined',
      title: 'the same right after joining',
      unit: 'KiB',
      better: 'lower',
      goals: [],
    },
    {
      measure: 'cpuMsPerJoin',
      title: 'Server CPU per join',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'yws', atMost: 0.8 },
        { kind: 'ratio', peer: 'yws', atMost: 0.5, level: 'B' },
      ],
    },
    {
      measure: 'joinsPerSecond',
      title: 'Joins',
      unit: '/s',
      better: 'higher',
      goals: [
        { kind: 'ratio', peer: 'yws', atLeast: 1 / 0.8 },
        { kind: 'ratio', peer: 'yws', atLeast: 2, level: 'B' },
      ],
    },
    {
      measure: 'idleCpuMsPerSecond',
      title: 'CPU while nobody does anything',
      unit: 'ms/s',
      better: 'lower',
      goals: [],
    },
  ],
  phases: { join },
  async run(bench) {
    const server = await bench.start()
    const measures = await bench.load(server, 'join', {
      connections: bench.scaled(5000, 1000),
      warmUpConnections: bench.scaled(500, 200),
      // Node gives unused heap back after about 8 s in which nothing happens.
      restMs: bench.scaled(12_000, 3000),
      settleLimitMs: bench.scaled(40_000, 15_000),
    })
    await server.stop('SIGKILL')
    return measures
  },
}
