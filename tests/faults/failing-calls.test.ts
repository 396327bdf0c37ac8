import { join } from 'node:path'
import { expect } from 'vitest'
import { seededRandom } from '@tutti/core/testing'
import { tellFigures } from '../support/figures.ts'
import { needs } from '../support/requires.ts'
import { rounds } from '../support/scale.ts'
import { inMemory, tempDir } from '../support/temp-dir.ts'
import { bundle } from './bundle.ts'
import {
  canFailCalls,
  compileFailingCalls,
  type Errno,
  type Kind,
  kinds,
  runTrials,
  type Trial,
} from './failing-calls.ts'
import { buildStore } from './store-workload.ts'
import { TrialSum } from './trial-sum.ts'

const count = rounds(16, 60)
/** Other trials than the usual ones: `TUTTI_SEED=1000`. */
const firstSeed = Number(process.env['TUTTI_SEED'] ?? 0)
const errnos: readonly Errno[] = ['ENOSPC', 'EIO', 'EMFILE', 'EROFS']

const { it } = needs(canFailCalls, 'Linux with a C compiler (cc, gcc or clang)')

it(`[LOG11] [LOG12] whichever call on its files fails, for whatever reason, ${count} times: nothing acknowledged is lost, and it is well again`, {
  timeout: 120_000 + count * 10_000,
}, async () => {
  const folder = await tempDir('calls', inMemory)
  const program = await bundle('tests/faults/log-entry.ts', folder)
  const library = compileFailingCalls(folder)
  await buildStore(join(folder, 'closed'), join(folder, 'crashed'))

  // How many calls of each kind there are, so that every one of them can be hit.
  const kindNames = Object.keys(kinds) as Kind[]
  const quiet: Trial = { kind: 'write', k: 0, errno: 'EIO', forever: false, ends: 'before probing', from: 'crashed' }
  const [counted] = await runTrials(program, library, folder, [quiet])
  expect(counted?.report?.wrong ?? [counted?.death]).toEqual([])
  const calls = Object.fromEntries(kindNames.map((kind, i) => [kind, counted?.each[i] ?? 0])) as Record<Kind, number>
  expect(calls.write).toBeGreaterThan(100)

  const grid: Trial[] = []
  for (const kind of kindNames) {
    for (let k = 1; k <= calls[kind]; k++) {
      for (const errno of errnos) {
        // Nobody reads for want of room.
        if (kind === 'open to read' && (errno === 'ENOSPC' || errno === 'EROFS')) continue
        const from = (k + errnos.indexOf(errno)) % 2 === 0 ? 'closed' : 'crashed'
        grid.push({ kind, k, errno, forever: false, ends: 'before probing', from })
        grid.push({ kind, k, errno, forever: true, ends: 'before probing', from })
        grid.push({ kind, k, errno, forever: true, ends: 'after closing', from })
      }
    }
  }
  const trials = shuffled(grid, firstSeed).slice(0, count)
  const results = await runTrials(program, library, folder, trials)

  const sum = new TrialSum()
  for (const { trial, report, failed, death } of results) {
    if (report === null) sum.addEnd(JSON.stringify(trial), death)
    else sum.add(JSON.stringify(trial), report, failed)
  }
  tellFigures('failing calls', {
    'calls that could fail': kindNames.map(kind => `${kind} ${calls[kind]}`).join(' + '),
    'possible trials': grid.length,
    ...sum.figures(),
  })
  expect(sum.wrong).toEqual([])
})

function shuffled<T>(values: readonly T[], seed: number): T[] {
  const random = seededRandom(seed + 1)
  const order = values.map(value => ({ value, at: random.next() }))
  return order.sort((a, b) => a.at - b.at).map(({ value }) => value)
}
