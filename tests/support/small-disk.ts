import { execFileSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openTempDir } from './temp-dir.ts'

/** Mounting needs root, and a system that lets root do it. */
export const canMount: boolean = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    // Tells whether mounting is allowed without mounting anything.
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

export interface SmallDisk {
  readonly path: string
  /** Takes all the room that is left, or gives it back. */
  fill(): Promise<void>
  empty(): Promise<void>
  /** False where the system does not let it: somebody has a file open for writing. */
  readOnly(on: boolean): boolean
}

/** A file system of a few megabytes, gone when the test is over. Call inside a test. */
export async function smallDisk(megabytes: number): Promise<SmallDisk> {
  const { path: parent, remove } = await openTempDir('disk')
  const path = join(parent, 'disk')
  const ballast = join(path, 'ballast')
  await mkdir(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'ignore' })
  onTestFinished(async () => {
    execFileSync('umount', ['-l', path])
    await remove()
  })
  return {
    path,
    async fill() {
      const block = new Uint8Array(64 * 1024)
      for (let size = block.length; size >= 1; size = size === block.length ? 1024 : 0) {
        try {
          for (;;) await writeFile(ballast, block.subarray(0, size), { flag: 'a' })
        } catch {
          if (size !== block.length) break
        }
      }
    },
    empty: () => rm(ballast, { force: true }),
    readOnly(on) {
      try {
        execFileSync('mount', ['-o', on ? 'remount,ro' : 'remount,rw', path], { stdio: 'ignore' })
        return true
      } catch {
        return false
      }
    },
  }
}
