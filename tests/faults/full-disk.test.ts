import { execFileSync } from 'node:child_process'
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DocName, type Epoch, type NewEntry, seq, systemEnv, type TuttiError } from '@tutti/core'
import { describe, expect, onTestFinished } from 'vitest'
import { openLevelLog } from '../../packages/server/src/log/open-level-log.ts'
import { needs } from '../support/requires.ts'
import { openTempDir } from '../support/temp-dir.ts'

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

/** A file system of a few megabytes, or `null` where this process may not make one. */
async function smallDisk(megabytes: number): Promise<{ path: string; readOnly: (on: boolean) => void } | null> {
  const { path, remove } = await openTempDir('disk')
  const disk = join(path, 'disk')
  await mkdir(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    await remove()
    return null
  }
  onTestFinished(async () => {
    execFileSync('umount', ['-l', disk])
    await remove()
  })
  const readOnly = (on: boolean) => void execFileSync('mount', ['-o', on ? 'remount,ro' : 'remount,rw', disk])
  return { path: disk, readOnly }
}

const canMount = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    // Unsharing tells whether mounting is allowed without mounting anything.
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

describe('a full disk', () => {
  const { it } = needs(canMount, 'the right to mount a small file system')

  it('[LOG11] a full disk refuses writes, keeps reads, loses nothing acknowledged, and is well again by itself', async () => {
    const disk = (await smallDisk(24)) as { path: string }
    const folder = join(disk.path, 'data')
    const log = await openLevelLog(folder, systemEnv)
    const ballast = join(disk.path, 'ballast')
    const acknowledged: number[] = []
    const refused: number[] = []
    let counter = 0
    for (let round = 0; round < 3; round++) {
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
      await log.probe()
      expect((await log.open(song)).entries.map(({ counter }) => counter)).toEqual(acknowledged)
    }
    expect(await log.append(song, epoch, [entry(++counter)])).toBe(acknowledged.length + 1)
    await log.close()
    const again = await openLevelLog(folder, systemEnv)
    expect(again.findings).toEqual([])
    expect((await again.open(song)).entries.map(({ counter }) => counter)).toEqual([...acknowledged, counter])
    await again.close()
  })

  it('[LOG11] a read-only disk is refused with the name of the folder, and opens when it takes writes again', async () => {
    const disk = (await smallDisk(24)) as { path: string; readOnly: (on: boolean) => void }
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
