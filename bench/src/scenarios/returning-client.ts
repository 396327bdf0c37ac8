import { Client } from '../load/client.ts'
import { openWhole, WholeContent } from '../load/opener.ts'
import { prepareTrace, readTrace, traceClientId } from '../load/trace.ts'
import { stateVectorOf, Typist } from '../load/typist.ts'
import { visit } from '../load/visits.ts'
import { untilQuiet } from '../measure/quiet.ts'
import { type Measures, type PhaseContext, type Scenario } from '../scenario.ts'

const large = 'returning-large'
const small = 'returning-small'

/** Puts the trace in one document with a single update per thousand edits: filling is not what is measured here. */
async function fill(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const { updates, clocks } = readTrace(String(context.params['trace']))
  const writer = await new Client(target, dialect, large).openAndSync()
  for (let from = 0; from < updates.length; from += 512) {
    writer.sendUpdates(updates.slice(from, from + 512))
    while (writer.unsentBytes > 0) await new Promise(resolve => setImmediate(resolve))
  }
  await untilQuiet(target.pid, 3000, 240_000)
  const whole = new WholeContent(traceClientId, clocks.at(-1) ?? 0)
  const check = await openWhole(target, dialect, large, whole)
  const other = await new Client(target, dialect, small).openAndSync()
  other.sendUpdate(new Typist(7).next())
  check.client.close()
  writer.close()
  await untilQuiet(target.pid, 500, 10_000)
  other.close()
  return {}
}

/** Clients that lack the last 20 clocks come back one after another, to the large document and to a tiny one. */
async function comeBack(context: PhaseContext): Promise<Measures> {
  const { target, dialect } = context
  const { clocks } = readTrace(String(context.params['trace']))
  const last = clocks.at(-1) ?? 0
  const whole = new WholeContent(traceClientId, last)
  // Held open, so that neither document is loaded again for each of them.
  const holders = [
    (await openWhole(target, dialect, large, whole)).client,
    await new Client(target, dialect, small).openAndSync(),
  ]
  const rounds = context.number('rounds')
  const bare = { cpuMs: 0, bytes: 0 }
  const behind = { cpuMs: 0, bytes: 0 }
  // In turns, so that neither gets the colder half of the process; the first turn does not count.
  const turns = 4
  for (let turn = 0; turn <= turns; turn += 1) {
    const toSmall = await visit(target, dialect, small, stateVectorOf(7, 0), rounds / turns)
    const toLarge = await visit(target, dialect, large, stateVectorOf(traceClientId, last - 20), rounds / turns)
    if (turn === 0) continue
    bare.cpuMs += toSmall.cpuMs
    behind.cpuMs += toLarge.cpuMs
    behind.bytes += toLarge.bytes
  }
  for (const holder of holders) holder.close()
  return {
    workMs: Math.max(0, behind.cpuMs - bare.cpuMs) / rounds,
    cpuMsPerReturn: behind.cpuMs / rounds,
    bytesPerReturn: behind.bytes / rounds,
  }
}

/** A lid was closed for a minute. */
export const returningClient: Scenario = {
  id: 'returning-client',
  title: 'Coming back 20 keystrokes behind, to the document of 259,778 updates',
  method:
    'Clients come back one after another by state vector; the document is open. Work is the server CPU of such a return less that of the same return to a one-character document, so that accepting the connection cancels out.',
  servers: ['tutti', 'tutti-native', 'yws', 'hocus-sqlite'],
  seconds: 100,
  rows: [
    {
      measure: 'workMs',
      title: 'server work over a bare return',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'absolute', atMost: 1 },
        { kind: 'absolute', atMost: 0.1, level: 'B' },
      ],
    },
    {
      measure: 'cpuMsPerReturn',
      title: 'server CPU per return, connection included',
      unit: 'ms',
      better: 'lower',
      goals: [],
    },
    { measure: 'bytesPerReturn', title: 'bytes of the answer', unit: '', better: 'lower', goals: [] },
  ],
  phases: { fill, comeBack },
  async run(bench) {
    const trace = prepareTrace()
    const server = await bench.start()
    await bench.load(server, 'fill', { trace })
    const measures = await bench.load(server, 'comeBack', { trace, rounds: bench.scaled(2000, 400) })
    await server.stop('SIGKILL')
    return measures
  },
}
