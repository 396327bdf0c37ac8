import { runInside } from '../inside/run-inside.ts'
import { prepareTrace } from '../load/trace.ts'
import type { Scenario } from '../scenario.ts'

/** The relay's own share, without sockets: its logic for one update, and a document held open. */
export const documentState: Scenario = {
  id: 'document-state',
  title: 'Without sockets: logic per update, memory per open document',
  method:
    'In one process each: every update of the 259,778 through the gate into the document state (Y.Doc: applied, with an update listener), best of three passes; heap and buffers of documents loaded from their compacted state, after a forced collection.',
  servers: ['tutti', 'y-doc'],
  seconds: 15,
  rows: [
    {
      measure: 'usPerUpdate',
      title: 'relay logic per update',
      unit: 'µs',
      better: 'lower',
      goals: [
        { kind: 'absolute', atMost: 3 },
        { kind: 'absolute', atMost: 1, level: 'B' },
      ],
    },
    {
      measure: 'smallKiB',
      title: 'open document of the first 1,100 updates (about 1 KB)',
      unit: 'KiB',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'y-doc', atMost: 1 / 2 },
        { kind: 'ratio', peer: 'y-doc', atMost: 1 / 3, level: 'B' },
      ],
    },
    {
      measure: 'largeKiB',
      title: 'open document of 259,778 updates',
      unit: 'KiB',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'y-doc', atMost: 1 / 3 },
        { kind: 'ratio', peer: 'y-doc', atMost: 1 / 4, level: 'B' },
      ],
    },
  ],
  phases: {},
  run: bench => runInside('document-state', [bench.server, prepareTrace()], ['--expose-gc']),
}
