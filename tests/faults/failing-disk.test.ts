import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemEnv } from '@tutti/core'
import { seededRandom } from '@tutti/core/testing'
import { expect, test } from 'vitest'
import { openLogOn } from '../../packages/server/src/log/begin-log.ts'
import { tellFigures } from '../support/figures.ts'
import { rounds } from '../support/scale.ts'
import { inMemory, tempDir } from '../support/temp-dir.ts'
import { type DiskCall, type DiskFault, FailingDisk } from './failing-disk.ts'
import { buildStore, type FaultEnd, liveWith } from './store-workload.ts'
import { TrialSum } from './trial-sum.ts'

const count = rounds(30, 150)
/** Other trials than the usual ones: `TUTTI_SEED=1000`. */
const firstSeed = Number(process.env['TUTTI_SEED'] ?? 0)
const callsOfDisk: readonly DiskCall[] = ['open', 'read', 'write', 'file']

test(`[LOG11] [LOG12] whichever call of the log on its disk fails, ${count} times: nothing acknowledged is lost, and it is well again`, {
  timeout: 60_000 + count * 6_000,
}, async () => {
  const folder = await tempDir('disk', inMemory)
  await buildStore(join(folder, 'closed'), join(folder, 'crashed'))
  let stores = 0
  const live = async (fault: DiskFault, ends: FaultEnd, from: string) => {
    const store = join(folder, `trial-${++stores}`)
    await cp(join(folder, from), store, { recursive: true })
    const failing = new FailingDisk(fault)
    const report = await liveWith(store, failing, ends, place => openLogOn(failing.of(place), systemEnv))
    await rm(store, { recursive: true, force: true })
    return { report, calls: failing.calls, failed: failing.failed }
  }

  const sum = new TrialSum()
  const calls: Partial<Record<DiskCall, number>> = {}
  for (const call of callsOfDisk) {
    const none = { call, k: 0, forever: false, landed: false }
    const quiet = await live(none, 'before probing', 'crashed')
    expect(quiet.report.wrong).toEqual([])
    calls[call] = quiet.calls
  }
  const random = seededRandom(firstSeed + 1)
  for (let i = 0; i < count; i++) {
    const call = callsOfDisk[random.int(callsOfDisk.length)] as DiskCall
    const k = 1 + random.int(calls[call] as number)
    const fault = { call, k, forever: random.next() < 0.6, landed: random.next() < 0.5 }
    const ends = random.next() < 0.5 ? 'before probing' : 'after closing'
    const { report, failed } = await live(fault, ends, random.next() < 0.5 ? 'closed' : 'crashed')
    sum.add(`${JSON.stringify(fault)}, ends ${ends}`, report, failed)
  }
  tellFigures('a disk whose calls fail', {
    'calls that could fail': callsOfDisk.map(call => `${call} ${calls[call]}`).join(' + '),
    ...sum.figures(),
  })
  expect(sum.wrong).toEqual([])
})
