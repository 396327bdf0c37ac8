import { typeToReaders } from '../../load/paced-typing.ts'
import type { Measures, Scenario } from '../../scenario.ts'
import { growthRow, withGrowth } from './growth.ts'

const sizes = [10, 100, 1000] as const

/** The same typing, shown to ten, a hundred, a thousand. */
export const scaleClients: Scenario = {
  id: 'scale-clients',
  title: 'How cost grows with the readers of a document',
  method:
    '40 updates/s, evenly spaced, to 10, 100 and 1,000 readers, each size on a server of its own. The work is a delivery, so CPU per update may grow tenfold with ten times the readers.',
  servers: ['tutti', 'yws', 'hocus-sqlite', 'ws-floor'],
  seconds: 150,
  rows: [
    growthRow('cpu', '× 10 readers: CPU per update'),
    ...sizes.map(size => ({
      measure: `delivery@${size}`,
      title: `${size.toLocaleString('en-US')} readers: CPU per 1,000 delivered`,
      unit: 'ms',
      better: 'lower' as const,
      goals: [],
    })),
    ...sizes.map(size => ({
      measure: `p99@${size}`,
      title: `${size.toLocaleString('en-US')} readers: latency p99`,
      unit: 'ms',
      better: 'lower' as const,
      goals: [],
    })),
  ],
  curves: [
    {
      id: 'cpu',
      title: 'CPU per update',
      xTitle: 'readers',
      yTitle: 'ms of server CPU per update typed',
      log: true,
      lines: [{ measure: 'cpu', title: '' }],
    },
  ],
  phases: { typeToReaders },
  async run(bench) {
    const measures: Record<string, number> = {}
    for (const readers of sizes) {
      const server = await bench.start()
      const got: Measures = await bench.load(server, 'typeToReaders', {
        readers: bench.scaled(readers, readers / 5),
        updatesPerSecond: 40,
        warmUpMs: bench.scaled(2000, 500),
        windowMs: bench.scaled(8000, 2500),
      })
      await server.stop('SIGKILL')
      bench.emptyData()
      measures[`cpu@${readers}`] = got['cpuPerUpdate'] ?? Number.NaN
      measures[`delivery@${readers}`] = got['cpuPer1000'] ?? Number.NaN
      measures[`p99@${readers}`] = got['latencyP99'] ?? Number.NaN
    }
    return withGrowth(measures, { growing: ['cpu'] })
  },
}
