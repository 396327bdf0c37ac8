import { Client } from '../load/client.ts'
import { type ClockRange, readClockRange } from '../load/clocks.ts'
import { offlineWork } from '../load/offline-work.ts'
import { openWhole, proveText, WholeContent } from '../load/opener.ts'
import { cpuMs } from '../measure/process-tree.ts'
import { untilQuiet } from '../measure/quiet.ts'
import { median } from '../measure/statistics.ts'
import { allServers, type Measures, type PhaseContext, type Scenario } from '../scenario.ts'

/** In every document: one edited on while another was away, who now comes back; a third has it open all the while. */
async function merge(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const work = offlineWork(context.number('edits'))
  const documents = context.number('documents')
  const readers: Client[] = []
  for (let index = 0; index < documents; index += 1) {
    const reader = await new Client(target, dialect, `merge-${index}`).openAndSync()
    const writer = await new Client(target, dialect, `merge-${index}`).openAndSync()
    const there = untilClock(reader, work.online.author, work.online.clock)
    writer.sendUpdate(work.base)
    writer.sendUpdates(work.online.updates)
    await there
    writer.close()
    readers.push(reader)
  }
  await untilQuiet(target.pid, context.number('quietMs'), 60_000)

  const times: number[] = []
  const bytes = { toServer: 0, fromServer: 0, toReader: 0 }
  const before = cpuMs(target.pid)
  for (const [index, reader] of readers.entries()) {
    const readBefore = reader.bytesIn
    const startedAt = performance.now()
    const back = new Client(target, dialect, `merge-${index}`)
    back.stateVector = work.offline.stateVector
    back.held = work.offline.update
    back.alwaysAnswers = true
    const caughtUp = untilClock(back, work.online.author, work.online.clock)
    const shown = untilClock(reader, work.offline.author, work.offline.clock)
    await back.open()
    await Promise.all([caughtUp, shown])
    times.push(performance.now() - startedAt)
    bytes.toServer += back.bytesOut
    bytes.fromServer += back.bytesIn
    bytes.toReader += reader.bytesIn - readBefore
    back.close()
  }
  await untilQuiet(target.pid, context.number('quietMs'), 60_000)
  const cpu = cpuMs(target.pid) - before
  const opened = await openWhole(target, dialect, 'merge-0', new WholeContent(work.offline.author, work.offline.clock))
  opened.client.close()
  proveText(opened, work.text)
  for (const reader of readers) reader.close()
  return {
    mergeMs: median(times),
    mergeCpuMs: cpu / documents,
    kbToServer: bytes.toServer / documents / 1000,
    kbFromServer: bytes.fromServer / documents / 1000,
    kbToReader: bytes.toReader / documents / 1000,
    offlineKb: work.offline.update.length / 1000,
  }
}

/** Resolves when a client has seen that clock of that author, in whatever pieces it comes. */
function untilClock(client: Client, author: number, clock: number): Promise<void> {
  const range: ClockRange = { from: 0, to: 0 }
  return new Promise(resolve => {
    const look = (bytes: Buffer, start: number, end: number): void => {
      readClockRange(range, bytes, start, end, author)
      if (range.to >= clock) resolve()
    }
    client.listenUpdate = look
    client.listenSyncAnswer = look
  })
}

/** A flight without a network, and everybody else kept on writing. */
export const offlineMerge: Scenario = {
  id: 'offline-merge',
  title: 'Coming back with 10,000 offline edits to a document that moved on by 10,000',
  method:
    'Real editing with corrections and jumps on a text of 10,000 characters, both sides from the same start. The client comes back by state vector and sends what the server lacks in one update; the figure ends when it has everything and a third client, who had the document open, has everything too. One document after another; CPU counts until the server is quiet, stores included. At the end a newcomer reads the whole text, which is compared with the merge by Yjs.',
  servers: allServers,
  seconds: 70,
  rows: [
    { measure: 'mergeCpuMs', title: 'server CPU per merge', unit: 'ms', better: 'lower', goals: [], margin: 0.25 },
    { measure: 'mergeMs', title: 'until both have everything', unit: 'ms', better: 'lower', goals: [], margin: 0.25 },
    { measure: 'kbToServer', title: 'sent by the client', unit: 'KB', better: 'lower', goals: [] },
    { measure: 'kbFromServer', title: 'sent to the client', unit: 'KB', better: 'lower', goals: [], margin: 0.15 },
    { measure: 'kbToReader', title: 'sent to the third', unit: 'KB', better: 'lower', goals: [], margin: 0.15 },
  ],
  phases: { merge },
  async run(bench) {
    const server = await bench.start()
    const measures = await bench.load(server, 'merge', {
      documents: bench.scaled(40, 5),
      edits: bench.scaled(10_000, 2000),
      // The longest debounce among the peers is 2 s.
      quietMs: bench.scaled(3000, 1000),
    })
    await server.stop('SIGKILL')
    return measures
  },
}
