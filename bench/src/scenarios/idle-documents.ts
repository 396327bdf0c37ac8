import { Client } from '../load/client.ts'
import { crowd } from '../load/crowd.ts'
import { prepareTrace, readTrace, stateOf } from '../load/trace.ts'
import { Typist } from '../load/typist.ts'
import { heldBytes } from '../measure/heap.ts'
import { untilQuiet } from '../measure/quiet.ts'
import type { Bench, Measures, PhaseContext, Scenario } from '../scenario.ts'

/** How many edits of the trace make about a kilobyte of text, corrections left in. */
const editsOfAKilobyte = 1100

/** Everyone puts one update into a document of their own and stays. */
async function settle(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const kilobyte = context.params['kilobyte'] === true
  const update = kilobyte
    ? stateOf(readTrace(String(context.params['trace'])).updates.slice(0, editsOfAKilobyte))
    : new Typist(7).next()
  const enter = async (document: string): Promise<Client> => {
    const client = await new Client(target, dialect, document).openAndSync()
    client.sendUpdate(update)
    return client
  }
  const warm = await crowd(context.number('warmUp'), 32, index => enter(`warm-${index}`))
  for (const client of warm) client.close()
  await untilQuiet(target.pid, 3000, 20_000)
  const before = await heldBytes(target.pid, target.inspectPort)
  const count = context.number('documents')
  const clients = await crowd(count, 64, index => enter(`idle-document-${index}`))
  await untilQuiet(target.pid, 3000, 40_000)
  const grown = (await heldBytes(target.pid, target.inspectPort)) - before
  for (const client of clients) client.close()
  return { kib: grown / 1024 / count, updateKib: update.length / 1024 }
}

async function run(bench: Bench): Promise<Measures> {
  const measure = async (kilobyte: boolean): Promise<Measures> => {
    const server = await bench.start()
    const measures = await bench.load(server, 'settle', {
      kilobyte,
      trace: prepareTrace(),
      documents: bench.scaled(4000, 1000),
      warmUp: bench.scaled(500, 200),
    })
    await server.stop('SIGKILL')
    bench.emptyData()
    return measures
  }
  const tiny = await measure(false)
  const large = await measure(true)
  const [small, full] = [tiny['kib'] ?? Number.NaN, large['kib'] ?? Number.NaN]
  return { smallKib: small, fullKib: full, contentKib: full - small, updateKib: large['updateKib'] ?? Number.NaN }
}

/** Documents that are open because a tab somewhere is. */
export const idleDocuments: Scenario = {
  id: 'idle-documents',
  title: '4,000 open documents of 1 KB at which nobody works',
  method:
    'One connection each. A server with documents of one character, then one with documents of the first 1,100 edits of the trace (1.4 KB as an update); growth of heap and buffers per document, read through the inspector after a forced collection, and the difference between the two, which is what the content costs. What the kernel holds for a socket is not in it.',
  servers: ['tutti', 'yws', 'hocus-sqlite'],
  seconds: 90,
  rows: [
    {
      measure: 'contentKib',
      title: 'memory for the content',
      unit: 'KiB',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'yws', atMost: 1 / 2 },
        { kind: 'ratio', peer: 'yws', atMost: 1 / 3, level: 'B' },
      ],
    },
    { measure: 'fullKib', title: 'connection and document of 1 KB', unit: 'KiB', better: 'lower', goals: [] },
    { measure: 'smallKib', title: 'connection and document of one character', unit: 'KiB', better: 'lower', goals: [] },
  ],
  phases: { settle },
  run,
}
