import { describe, expect, test } from 'vitest'
import { TuttiError } from '../base/error.ts'
import { type Epoch, seq } from '../base/id.ts'
import { describeUpdateLog, named } from '../testing/update-log-contract.ts'
import type { NewEntry } from './entry.ts'
import { MemoryLog } from './memory-log.ts'

describeUpdateLog(
  'MemoryLog',
  async () => {
    const log = new MemoryLog()
    return { log, reopen: async () => log, close: () => log.close() }
  },
  { runner: { describe, test } },
)

const author = { subject: 'ana', device: '', session: 's' }
const entry = (counter: number): NewEntry => ({ bytes: Uint8Array.of(counter), at: 1, base: seq(0), author, counter })
const epoch = 'e1' as Epoch

describe('MemoryLog', () => {
  test('[LOG12] an append that is refused leaves nothing, and those after it take its position', async () => {
    let calls = 0
    const beforeAppend = async () => {
      if (++calls === 2) throw new TuttiError('store-unavailable', 'full')
    }
    const log = new MemoryLog({ beforeAppend })
    const doc = named('d')
    const settled = await Promise.allSettled([1, 2, 3].map(i => log.append(doc, epoch, [entry(i)])))
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await log.open(doc)).entries.map(({ seq, counter }) => [seq, counter])).toEqual([
      [1, 1],
      [2, 3],
    ])
  })
})
