import { mkdir, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type DocName, type Env, TuttiError } from '@tutti/core'
import { checkFormat, checkStore, storeFinding } from './check-store.ts'
import { HeadJournal } from './head-journal.ts'
import { formatKey, letters, nameOfKey } from './level-keys.ts'
import { LevelLog, type LevelLogOptions } from './level-log.ts'
import { type ByteLevel, openLevel, refuseWhenLocked } from './open-level.ts'
import { sealStoreFormat, unsealName } from './records.ts'

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
  await mkdir(folder, { recursive: true })
  const files = await readdir(folder)
  if (files.includes('level')) await refuseWhenLocked(folder)
  const isNew = !files.includes('level') && !files.includes('heads') && !files.includes('names')
  const { journal, problems, names } = HeadJournal.read(folder, isNew)
  const { db, scan, problems: levelProblems } = await openLevel(folder, env, journal, options.scanMs ?? 1500)
  try {
    journal.begin(env)
    const findings = [...problems, ...levelProblems].map(problem => storeFinding('unknown-record', problem))
    const format = await db.get(formatKey)
    if (format !== undefined || (scan !== null && scan.records > 0)) {
      const wrong = checkFormat(format, join(folder, 'level'))
      if (wrong !== null) findings.push(wrong)
    }
    await db.put(formatKey, sealStoreFormat(), { sync: true })
    const check = await checkStore(db, journal, names, scan?.brokenKeys ?? [])
    if (problems.length > 0) await rebuildJournal(db, journal, names)
    journal.flush()
    findings.push(...check.findings)
    const log = new LevelLog(folder, env, options, { db, journal, check, findings, release })
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
