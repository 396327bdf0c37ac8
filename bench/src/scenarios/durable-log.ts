import { runInside } from '../inside/run-inside.ts'
import type { Scenario } from '../scenario.ts'

/** The log alone, beside what it is made of. */
export const durableLog: Scenario = {
  id: 'durable-log',
  title: 'The log without sockets: durable appends',
  method:
    '30 bytes an append, each resolved when it is on stable storage; 1,000 callers who each append again at once, then 2,000 appends/s over 1,000 documents. Ours seals every record, links it to the one before and keeps a journal beside the store.',
  servers: ['tutti', 'level-floor', 'file-floor'],
  seconds: 30,
  rows: [
    {
      measure: 'loopPerSecond',
      title: '1,000 callers: appends',
      unit: '/s',
      better: 'higher',
      goals: [],
      margin: 0.25,
    },
    {
      measure: 'loopCpuUs',
      title: '1,000 callers: CPU per append',
      unit: 'µs',
      better: 'lower',
      goals: [],
      margin: 0.25,
    },
    { measure: 'loopP99', title: '1,000 callers: p99', unit: 'ms', better: 'lower', goals: [] },
    { measure: 'ackP50', title: '2,000/s: p50', unit: 'ms', better: 'lower', goals: [] },
    { measure: 'ackP99', title: '2,000/s: p99', unit: 'ms', better: 'lower', goals: [] },
    { measure: 'cpuPer1000', title: '2,000/s: CPU per 1,000', unit: 'ms', better: 'lower', goals: [] },
  ],
  phases: {},
  run: bench => {
    const sizes = [bench.scaled(1000, 200), bench.scaled(2000, 1000), bench.scaled(1000, 200), bench.scaled(3000, 800)]
    return runInside('append', [bench.server, bench.dataDir, ...sizes])
  },
}
