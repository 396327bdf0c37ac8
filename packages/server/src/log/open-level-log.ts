import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Env, TuttiError } from '@tutti/core'
import { makeFolder } from '../runtime/make-folder.ts'
import { beginLog } from './begin-log.ts'
import { HeadJournal } from './head-journal.ts'
import type { LevelLog, LevelLogOptions } from './level-log.ts'
import { nodeDisk } from './node-disk.ts'
import { openLevel, refuseWhenLocked } from './open-level.ts'

/**
 * Folders this process has open. The lock of a store holds against other processes only, and looking whether another one
 * has it would release our own.
 */
const held = new Set<string>()

/**
 * Opens the log in `folder`, creating it. Rejects `store-unavailable` when it is in use or cannot be opened,
 * `unsupported-version` when a newer version wrote it. Damage does not reject: it is in `findings`.
 */
export async function openLevelLog(folder: string, env: Env, options: LevelLogOptions = {}): Promise<LevelLog> {
  const place = resolve(folder)
  if (held.has(place)) throw new TuttiError('store-unavailable', `${folder} is in use by this process`)
  held.add(place)
  try {
    return await open(folder, env, options, () => held.delete(place))
  } catch (error) {
    held.delete(place)
    if (error instanceof TuttiError) throw error
    const { message } = error as Error
    throw new TuttiError('store-unavailable', `cannot open the store in ${folder}: ${message}`, { cause: error })
  }
}

async function open(folder: string, env: Env, options: LevelLogOptions, release: () => void): Promise<LevelLog> {
  await makeFolder(folder)
  const files = await readdir(folder)
  if (files.includes('level')) await refuseWhenLocked(folder)
  const isNew = !files.includes('level') && !files.includes('heads') && !files.includes('names')
  const disk = nodeDisk(folder)
  const opened = HeadJournal.read(disk, isNew)
  const level = await openLevel(folder, env, opened.journal, options.scanMs ?? 1500)
  return beginLog(disk, env, options, { ...opened, level, release })
}
