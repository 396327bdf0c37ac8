import { type DocName, type Epoch, seq, systemEnv } from '@tutti/core'
import { seededRandom } from '@tutti/core/testing'
import { expect, test } from 'vitest'
import { SimulatedDisk } from '../testing/simulated-disk.ts'
import { openLogOn } from './begin-log.ts'
import { ifDamaged, isNotDamage } from './not-damage.ts'

const song = 'song' as DocName
const epoch = 'e1' as Epoch
const author = { subject: 'ana', device: 'phone', session: 's1' }
const entry = (counter: number) => ({ bytes: new Uint8Array(40), at: 1, base: seq(0), author, counter })

test('[LOG20] a disk that does not read for a moment is refused with a reason, and never taken for damage', async () => {
  const disk = new SimulatedDisk(seededRandom(1))
  const log = await openLogOn(disk.mount(systemEnv), systemEnv)
  await log.append(song, epoch, [entry(1), entry(2), entry(3)])
  await log.checkpoint(song, { seq: seq(2), bytes: new Uint8Array(9), at: 1, content: '' })
  const reads = [
    () => log.open(song),
    () => log.read(song, seq(2), 1000),
    () => log.history(song, seq(1), seq(2)),
    () => log.checkpoint(song, { seq: seq(3), bytes: new Uint8Array(9), at: 1, content: '' }),
  ]
  for (const read of reads) {
    disk.faults.fail('read', Number.POSITIVE_INFINITY)
    await expect(read()).rejects.toMatchObject({ code: 'store-unavailable' })
    disk.faults.heal()
    await read()
    expect((await log.open(song)).findings).toEqual([])
  }
  expect(await log.append(song, epoch, [entry(4)])).toBe(4)
  await log.close()
})

test('[LOG20] what the machine says is told from what the data says', () => {
  expect(isNotDamage('IO error: /data/level/000005.ldb: Too many open files')).toBe(true)
  expect(isNotDamage('Corruption: block checksum mismatch')).toBe(false)
  expect(ifDamaged(7)(new Error('Corruption: block checksum mismatch'))).toBe(7)
  expect(() => ifDamaged(7)(new Error('cannot open', { cause: new Error('Input/output error') }))).toThrow(
    'cannot open',
  )
})
