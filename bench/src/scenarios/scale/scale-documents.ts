import { Client } from '../../load/client.ts'
import { crowd } from '../../load/crowd.ts'
import { pace } from '../../load/pacer.ts'
import { Typist } from '../../load/typist.ts'
import { pause } from '../../measure/pause.ts'
import { cpuMs, rssBytes } from '../../measure/process-tree.ts'
import { untilQuiet } from '../../measure/quiet.ts'
import type { Measures, PhaseContext, Scenario } from '../../scenario.ts'
import { growthRow, withGrowth } from './growth.ts'

const sizes = [100, 1000, 10_000] as const

/** One person in each document, each typing now and then. */
async function typeAlone(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const documents = context.number('documents')
  const rssBefore = rssBytes(target.pid)
  const joinFrom = cpuMs(target.pid)
  const writers = await crowd(documents, 64, async index => {
    const client = await new Client(target, dialect, `alone-${index}`).openAndSync()
    const typist = new Typist(0x5000_0000 + index)
    client.sendUpdate(typist.next())
    return { client, typist }
  })
  await untilQuiet(target.pid, 3000, 60_000)
  const joinCpu = cpuMs(target.pid) - joinFrom
  const rss = rssBytes(target.pid) - rssBefore
  let turn = 0
  const send = (): void => {
    const writer = writers[turn % documents]
    turn += 1
    writer?.client.sendUpdate(writer.typist.next())
  }
  const rate = context.number('updatesPerSecond')
  await pace(rate, context.number('warmUpMs'), send)
  const before = cpuMs(target.pid)
  const sentBefore = turn
  const windowMs = context.number('windowMs')
  await pace(rate, windowMs, send)
  await pause(100)
  const cpu = cpuMs(target.pid) - before
  for (const { client } of writers) client.close()
  return {
    cpu: cpu / (windowMs / 1000),
    perUpdate: cpu / ((turn - sentBefore) / 1000),
    join: joinCpu / documents,
    memory: rss / 1024 / documents,
  }
}

/** More documents, each with the same work. */
export const scaleDocuments: Scenario = {
  id: 'scale-documents',
  title: 'How cost grows with the number of documents',
  method:
    '100, 1,000 and 10,000 documents with one client each, every one typing a character each two seconds: ten times the documents are ten times the work. Each size on a server of its own; CPU of the joins counts until the server is quiet.',
  servers: ['tutti', 'yws', 'ws-floor'],
  seconds: 210,
  rows: [
    growthRow('cpu', '× 10 documents: CPU'),
    growthRow('joins', '× 10 documents: CPU of all joins'),
    ...sizes.map(size => ({
      measure: `perUpdate@${size}`,
      title: `${size.toLocaleString('en-US')} documents: CPU per 1,000 updates`,
      unit: 'ms',
      better: 'lower' as const,
      goals: [],
    })),
    ...sizes.map(size => ({
      measure: `memory@${size}`,
      title: `${size.toLocaleString('en-US')} documents: memory per document and connection`,
      unit: 'KiB',
      better: 'lower' as const,
      goals: [],
    })),
  ],
  curves: [
    {
      id: 'cpu',
      title: 'CPU of updates',
      xTitle: 'documents, each typed in every two seconds',
      yTitle: 'ms of server CPU per second',
      log: true,
      lines: [{ measure: 'cpu', title: '' }],
    },
  ],
  phases: { typeAlone },
  async run(bench) {
    const measures: Record<string, number> = {}
    for (const size of sizes) {
      const documents = bench.scaled(size, size / 10)
      const server = await bench.start()
      const got = await bench.load(server, 'typeAlone', {
        documents,
        updatesPerSecond: documents / 2,
        warmUpMs: bench.scaled(2000, 500),
        // The kernel counts CPU in hundredths of a second: few documents need a longer look.
        windowMs: bench.scaled(size === 100 ? 20_000 : 8000, 2500),
      })
      await server.stop('SIGKILL')
      bench.emptyData()
      for (const [name, value] of Object.entries(got)) measures[`${name}@${size}`] = value
      measures[`joins@${size}`] = (got['join'] ?? Number.NaN) * size
    }
    return withGrowth(measures, { growing: ['cpu', 'joins'] })
  },
}
