import { expect, it } from 'vitest'
import { summarise } from './profile.ts'

const frames = [
  ['(root)', ''],
  ['(idle)', ''],
  ['(garbage collector)', ''],
  ['(program)', ''],
  ['writev', ''],
  ['accept', 'file:///app/packages/core/dist/document/accepted-state.js'],
  ['doWrite', 'node:internal/streams/writable'],
  ['frame', 'file:///app/node_modules/ws/lib/sender.js'],
  ['', 'file:///app/packages/server/dist/room/room.js'],
] as const

const nodes = frames.map(([functionName, url], id) => ({ id, callFrame: { functionName, url, lineNumber: 0 } }))

it('self time is added up by place and function, idle time left out', () => {
  // Each sample stands for the time until the next one.
  const samples = [1, 2, 3, 4, 5, 5, 6, 7, 8, 1]
  const timeDeltas = [0, 1000, 100, 100, 100, 200, 200, 100, 100, 100]
  const { busyMs, groups, functions } = summarise([{ nodes, samples, timeDeltas }], 3)
  expect(busyMs).toBe(1)
  expect(groups).toEqual([
    { name: 'core/document', share: 0.4 },
    { name: 'native', share: 0.2 },
    { name: 'garbage collection', share: 0.1 },
    { name: 'node', share: 0.1 },
    { name: 'ws', share: 0.1 },
    { name: 'server/room', share: 0.1 },
  ])
  expect(functions).toHaveLength(3)
  expect(functions[0]).toEqual({ name: 'accept (core/document/accepted-state)', share: 0.4 })
})

it('what comes before the last compiled module is start-up and left out', () => {
  const compiling = [...nodes, { id: 9, callFrame: { functionName: 'compileModule', url: 'node:vm', lineNumber: 0 } }]
  const started = { nodes: compiling, samples: [6, 9, 7, 9, 5, 1], timeDeltas: [0, 900, 900, 900, 900, 600] }
  expect(summarise([started], 5)).toMatchObject({ busyMs: 1, groups: [{ name: 'core/document', share: 1 }] })
})

it('profiles of several threads and lives are one', () => {
  const one = { nodes, samples: [5, 1], timeDeltas: [0, 500] }
  expect(summarise([one, one], 5)).toMatchObject({ busyMs: 1, groups: [{ name: 'core/document', share: 1 }] })
})
