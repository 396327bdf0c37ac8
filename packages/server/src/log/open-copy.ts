import { access, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Env, TuttiError } from '@tutti/core'
import type { LevelLog, LevelLogOptions } from './level-log.ts'
import { linkStore, refuseWhenLocked } from './open-level.ts'
import { openLevelLog } from './open-level-log.ts'

export interface OpenedCopy {
  readonly log: LevelLog
  /** Closes the log and removes the copy. */
  close(): Promise<void>
}

/**
 * Opens a copy of a store, mostly of links, for whoever only looks: opening writes, mends and salvages, and none of that
 * reaches the store itself. Rejects `store-unavailable` when there is none, or when another process has it open.
 */
export async function openLogCopy(folder: string, env: Env, options: LevelLogOptions = {}): Promise<OpenedCopy> {
  await access(join(folder, 'level')).catch((error: unknown) => {
    throw new TuttiError('store-unavailable', `there is no store in ${folder}`, { cause: error })
  })
  await refuseWhenLocked(folder)
  const copy = await placeFor(folder)
  const remove = () => rm(copy, { recursive: true, force: true })
  try {
    for (const name of ['heads', 'names']) await copyFile(join(folder, name), join(copy, name)).catch(ifMissing)
    if (!(await linkStore(join(folder, 'level'), join(copy, 'level')))) {
      throw new TuttiError('store-unavailable', `there is no room for a copy of ${folder}`)
    }
    const log = await openLevelLog(copy, env, options)
    return {
      log,
      async close() {
        await log.close()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Inside, where links can be made, and where the next start clears away what a crash left; else where there is room. */
async function placeFor(folder: string): Promise<string> {
  const inside = join(folder, `probing-reading-${process.pid}`)
  try {
    await rm(inside, { recursive: true, force: true })
    await mkdir(inside)
    return inside
  } catch {
    return mkdtemp(join(tmpdir(), 'tutti-reading-'))
  }
}

function ifMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
