import { rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DocName, type Epoch, type NewEntry, seq, systemEnv, type TuttiError } from '@tutti/core'
import { describe, expect, it } from 'vitest'
import { openLevelLog } from '../../packages/server/src/log/open-level-log.ts'
import { tellFigures } from '../support/figures.ts'
import { unlessForbidden } from '../support/requires.ts'
import { rounds } from '../support/scale.ts'
import { canMount, smallDisk } from '../support/small-disk.ts'

const song = 'song' as DocName
const epoch = 'e1' as Epoch
const author = { subject: 'ana', device: 'phone', session: 's1' }
const entry = (counter: number): NewEntry => ({
  bytes: new Uint8Array(8000).map((_, i) => (i * counter * 31) >>> 3),
  at: 1_700_000_000_000,
  base: seq(0),
  author,
  counter,
})

describe('a full disk', () => {
  const times = rounds(3, 20)

  it(`[LOG11] a full disk refuses writes, keeps reads, loses nothing acknowledged, and is well again by itself, ${times} times`, {
    timeout: 60_000 + times * 5_000,
  }, async context => {
    unlessForbidden(context, canMount, 'mounting a small file system')
    // What is kept grows with each time.
    const disk = await smallDisk(24 + times)
    const folder = join(disk.path, 'data')
    const log = await openLevelLog(folder, systemEnv)
    const ballast = join(disk.path, 'ballast')
    const acknowledged: number[] = []
    const refused: number[] = []
    const wellAfterMs: number[] = []
    let counter = 0
    for (let round = 0; round < times; round++) {
      for (let i = 0; i < 20; i++) acknowledged.push((await log.append(song, epoch, [entry(++counter)])) && counter)
      const { bavail, bsize } = await statfs(disk.path)
      await writeFile(ballast, new Uint8Array(Math.max(0, bavail * bsize - 150_000)))
      for (let i = 0; i < 60; i++) {
        const number = ++counter
        const kept = await log.append(song, epoch, [entry(number)]).then(
          () => true,
          (error: TuttiError) => {
            expect(error.code).toBe('store-unavailable')
            return false
          },
        )
        ;(kept ? acknowledged : refused).push(number)
      }
      expect(refused.length).toBeGreaterThan(0)
      await expect(log.probe()).rejects.toMatchObject({ code: 'store-unavailable' })
      expect((await log.open(song)).entries.map(({ counter }) => counter)).toEqual(acknowledged)
      await rm(ballast)
      const began = performance.now()
      await log.probe()
      wellAfterMs.push(performance.now() - began)
      expect((await log.open(song)).entries.map(({ counter }) => counter)).toEqual(acknowledged)
    }
    expect(await log.append(song, epoch, [entry(++counter)])).toBe(acknowledged.length + 1)
    await log.close()
    const again = await openLevelLog(folder, systemEnv)
    expect(again.findings).toEqual([])
    expect((await again.open(song)).entries.map(({ counter }) => counter)).toEqual([...acknowledged, counter])
    await again.close()
    tellFigures('a full disk', {
      times,
      acknowledged: acknowledged.length + 1,
      refused: refused.length,
      lost: 0,
      'ms until well again, worst': Math.max(...wellAfterMs),
    })
  })

  it('[LOG11] a read-only disk is refused with the name of the folder, and opens when it takes writes again', async context => {
    unlessForbidden(context, canMount, 'mounting a small file system')
    const disk = await smallDisk(24)
    const folder = join(disk.path, 'data')
    const log = await openLevelLog(folder, systemEnv)
    await log.append(song, epoch, [entry(1)])
    await log.close()
    disk.readOnly(true)
    const refusal = await openLevelLog(folder, systemEnv).catch((error: TuttiError) => error)
    expect(refusal).toMatchObject({ code: 'store-unavailable', message: expect.stringContaining(folder) })
    disk.readOnly(false)
    const again = await openLevelLog(folder, systemEnv)
    expect((await again.open(song)).head).toBe(1)
    await again.close()
  })
})
