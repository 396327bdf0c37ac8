import { typeToReaders } from '../load/paced-typing.ts'
import { allServers, type Scenario } from '../scenario.ts'

/** Typing as people do it: nothing to batch. */
export const fanOutPaced: Scenario = {
  id: 'fan-out-paced',
  title: 'One document, 50 readers, 200 updates/s evenly spaced',
  method:
    'Latency is from the moment an update was due to be sent until each of the 50 readers has it, in one process with one clock.',
  servers: [...allServers, 'ws-floor'],
  seconds: 80,
  rows: [
    {
      measure: 'cpuPer1000',
      title: 'Server CPU per 1,000 delivered',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'hocus-sqlite', atMost: 0.8 },
        { kind: 'ratio', peer: 'hocus-sqlite', atMost: 0.5, level: 'B' },
      ],
    },
    {
      measure: 'latencyP50',
      title: 'Latency p50',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'absolute', atMost: 5 },
        { kind: 'absolute', atMost: 3, level: 'B' },
      ],
    },
    {
      measure: 'latencyP99',
      title: 'Latency p99',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'absolute', atMost: 20 },
        { kind: 'absolute', atMost: 10, level: 'B' },
      ],
    },
  ],
  phases: { typeToReaders },
  async run(bench) {
    const server = await bench.start()
    const measures = await bench.load(server, 'typeToReaders', {
      readers: 50,
      updatesPerSecond: 200,
      warmUpMs: bench.scaled(2000, 500),
      windowMs: bench.scaled(8000, 2500),
    })
    await server.stop('SIGKILL')
    return measures
  },
}
