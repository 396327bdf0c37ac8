/** Results made up for tests. */
import type { Scenario, ServerId } from '../scenario.ts'
import type { Machine } from './machine.ts'
import type { ScenarioResult } from './results.ts'

const machine: Machine = {
  cpu: 'a processor',
  cores: 2,
  memoryGiB: 1,
  os: 'an os',
  node: 'v1',
  peerNode: 'v2',
  trace: 'a trace',
  versions: {},
}

export function resultOf(
  runs: Partial<Record<ServerId, Readonly<Record<string, readonly number[]>>>>,
  measuredAt = '2026-01-01T00:00:00.000Z',
): ScenarioResult {
  return { measuredAt, commit: 'abc1234', machine, loadBefore: 0, runs, missing: {} }
}

export function scenarioOf(
  rows: Scenario['rows'],
  servers: readonly ServerId[],
  more: Partial<Scenario> = {},
): Scenario {
  return {
    id: 'made-up',
    title: 'Made up',
    method: 'It was made up.',
    rows,
    servers,
    seconds: 1,
    phases: {},
    run: () => Promise.resolve({}),
    ...more,
  }
}
