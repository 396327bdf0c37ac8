import { join } from 'node:path'
import type { DocName, Env } from '@tutti/core'
import type { ByteLevel } from './byte-level.ts'
import { checkFormat, checkStore, storeFinding } from './check-store.ts'
import type { Disk } from './disk.ts'
import { HeadJournal, type OpenedJournal } from './head-journal.ts'
import { formatKey, letters, nameOfKey } from './level-keys.ts'
import { LevelLog, type LevelLogOptions } from './level-log.ts'
import type { OpenedLevel } from './open-level.ts'
import { sealStoreFormat, unsealName } from './records.ts'
import { unavailable } from './unavailable.ts'

/**
 * Opens the log on a disk whose database needs no look from outside before it is opened. Rejects as `openLevelLog` does;
 * damage is in `findings`.
 */
export async function openLogOn(disk: Disk, env: Env, options: LevelLogOptions = {}): Promise<LevelLog> {
  try {
    const db = await disk.openDatabase(true)
    const opened = await readJournal(disk, db).catch(async (error: unknown) => {
      await db.close()
      throw error
    })
    return await beginLog(disk, env, options, { ...opened, level: { db, scan: null, problems: [] }, release() {} })
  } catch (error) {
    throw unavailable(error, disk.folder)
  }
}

async function readJournal(disk: Disk, db: ByteLevel): Promise<OpenedJournal> {
  const isNew = (await db.keys({ limit: 1 }).all()).length === 0
  return HeadJournal.read(disk, isNew)
}

/** A store whose database and journal were opened, and nothing else was done. */
export interface FoundStore extends OpenedJournal {
  readonly level: OpenedLevel
  /** Called when the log is closed. */
  readonly release: () => void
}

/** Holds a database against its journal and makes the log of both. Closes the database when it rejects. */
export async function beginLog(
  disk: Disk,
  env: Env,
  options: LevelLogOptions,
  { journal, problems, names, level, release }: FoundStore,
): Promise<LevelLog> {
  const { db, scan } = level
  try {
    journal.begin(env)
    const findings = [...problems, ...level.problems].map(problem => storeFinding('unknown-record', problem))
    const format = await db.get(formatKey)
    if (format !== undefined || (scan !== null && scan.records > 0)) {
      const wrong = checkFormat(format, join(disk.folder, 'level'))
      if (wrong !== null) findings.push(wrong)
    }
    await db.put(formatKey, sealStoreFormat(), { sync: true })
    const check = await checkStore(db, journal, names, scan?.brokenKeys ?? [])
    if (problems.length > 0) await rebuildJournal(db, journal, names)
    journal.flush()
    findings.push(...check.findings)
    const log = new LevelLog(disk, env, options, { db, journal, check, findings, release })
    await log.sweep(check.unswept)
    return log
  } catch (error) {
    await db.close()
    throw error
  }
}

/** Names only the journal knows are kept: they are all that is left of their documents. */
async function rebuildJournal(db: ByteLevel, journal: HeadJournal, names: ReadonlyMap<number, DocName>) {
  const all = new Map(names)
  const range = { gte: Uint8Array.of(letters.name), lt: Uint8Array.of(letters.name + 1) }
  for await (const [key, record] of db.iterator(range)) {
    const name = nameOfKey(key)
    const named = unsealName(name, record)
    if (named !== null) all.set(named.docNo, name)
  }
  journal.rewriteHeads()
  journal.rewriteNames(all)
}
