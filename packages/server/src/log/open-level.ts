import { constants } from 'node:fs'
import { copyFile, link, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Env, type Millis, seal, TuttiError } from '@tutti/core'
import { Level } from 'level'
import type { ByteLevel } from './byte-level.ts'
import type { HeadJournal } from './head-journal.ts'
import { isNotDamage } from './not-damage.ts'
import { repairInChild, type ScanReport, scanInChild } from './probe-child.ts'
import { checksum } from './records.ts'

/** What is kept about the last salvage, so that the same loss is not salvaged again at every start. */
export const salvageKey: Uint8Array = new TextEncoder().encode('!salvaged')

export interface OpenedLevel {
  readonly db: ByteLevel
  /** What the look from outside found; `null` for a store that did not exist, or that left no room for it. */
  readonly scan: ScanReport | null
  /** In words: what was wrong as a whole, and what was done. */
  readonly problems: readonly string[]
}

/**
 * Opens the LevelDB in `folder/level` without ever letting its damage end this process: a linked copy is opened and read by
 * another process first. A store that does not open, cannot be read, or goes less far than the journal says, is kept aside
 * as `damaged-<time>`, and whichever holds more goes on: what LevelDB opens, or what its repair makes of it.
 */
export async function openLevel(folder: string, env: Env, journal: HeadJournal, scanMs: Millis): Promise<OpenedLevel> {
  const location = join(folder, 'level')
  await finishSalvage(folder, location)
  if (!(await holdsStore(location))) return { db: await openDatabase(location, true), scan: null, problems: [] }
  const copy = join(folder, `probing-${process.pid}`)
  await removeCopies(folder)
  let scan: ScanReport | null = null
  try {
    if (!(await linkStore(location, copy))) return { db: await openDatabase(location, false), scan, problems: [] }
    scan = await scanInChild(copy, env.timers, scanMs)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
  const trouble = describeTrouble(scan, journal)
  if (trouble === null) return { db: await openDatabase(location, false), scan, problems: [] }
  return salvage(folder, env, journal, scan, trouble)
}

/** Opens without any precaution: for a store this process has just had open. */
export async function openDatabase(location: string, create: boolean): Promise<ByteLevel> {
  const db = new Level<Uint8Array, Uint8Array>(location, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    createIfMissing: create,
    writeBufferSize: 8 * 1024 * 1024,
  }) as Level<Uint8Array, Uint8Array> & Pick<ByteLevel, 'compactRange'>
  try {
    await db.open()
  } catch (error) {
    const cause = (error as Error).cause as (Error & { code?: string }) | undefined
    if (cause?.code === 'LEVEL_LOCKED') throw lockedBy(location, error)
    throw new TuttiError('store-unavailable', `cannot open ${location}: ${(cause ?? (error as Error)).message}`, {
      cause: error,
    })
  }
  return db
}

function lockedBy(location: string, cause: unknown): TuttiError {
  return new TuttiError('store-unavailable', `${location} is in use by another process`, { cause })
}

async function holdsStore(location: string): Promise<boolean> {
  const files = await readdir(location).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new TuttiError('store-unavailable', `cannot read ${location}: ${error.message}`, { cause: error })
  })
  return files.some(file => isTable(file) || file === 'CURRENT' || file.startsWith('MANIFEST') || file.endsWith('.log'))
}

/** Rejects `store-unavailable` while another process has the store open, touching nothing. */
// Locks belong to the file, not to its name: a store of nothing but a link to the lock tells without touching the rest.
export async function refuseWhenLocked(folder: string): Promise<void> {
  const location = join(folder, 'level')
  const check = join(folder, `probing-lock-${process.pid}`)
  await rm(check, { recursive: true, force: true }).catch(() => {})
  try {
    await mkdir(check)
    await link(join(location, 'LOCK'), join(check, 'LOCK'))
    await (await openDatabase(check, true)).close()
  } catch (error) {
    const cause = ((error as Error).cause as Error | undefined)?.cause as { code?: string } | undefined
    if (cause?.code === 'LEVEL_LOCKED') throw lockedBy(location, error)
    // No lock yet, no links here, no room: then opening itself will tell.
  } finally {
    await rm(check, { recursive: true, force: true }).catch(() => {})
  }
}

function isTable(file: string): boolean {
  return file.endsWith('.ldb') || file.endsWith('.sst')
}

/** Tables never change, so links to them are as good as copies. False when there is no room. */
export async function linkStore(from: string, to: string): Promise<boolean> {
  try {
    await mkdir(to)
    for (const entry of await readdir(from, { withFileTypes: true })) {
      if (!entry.isFile() || entry.name === 'LOCK') continue
      const source = join(from, entry.name)
      const target = join(to, entry.name)
      if (isTable(entry.name)) await link(source, target).catch(() => copyFile(source, target))
      else await copyFile(source, target, constants.COPYFILE_FICLONE)
    }
    return true
  } catch {
    await rm(to, { recursive: true, force: true }).catch(() => {})
    return false
  }
}

async function removeCopies(folder: string) {
  for (const file of await readdir(folder)) {
    if (file.startsWith('probing-')) await rm(join(folder, file), { recursive: true, force: true })
  }
}

/** `null` for a store that opens, reads and goes as far as it should, or whose loss was salvaged before. */
function describeTrouble(scan: ScanReport, journal: HeadJournal): string | null {
  if (!scan.survived) return 'reading the store ended the process that read it'
  if (isNotDamage(scan.error)) throw new TuttiError('store-unavailable', `cannot open the store: ${scan.error}`)
  if (scan.error !== '') return scan.error
  const missing = describeMissing(scan, journal)
  if (missing === '' || missing === scan.salvageMark) return null
  return 'the store goes less far than the journal of heads'
}

/** Every document that does not reach the position it had, in a form two starts can compare. */
function describeMissing(scan: ScanReport, journal: HeadJournal): string {
  if (!scan.headsComplete) return ''
  const missing: string[] = []
  for (let docNo = 0; docNo < journal.size; docNo++) {
    const known = journal.head(docNo)
    // A crash may come between a removal and its line in the journal.
    if (known === null || scan.removed.has(docNo)) continue
    const found = scan.heads.get(docNo)
    if (found === undefined || found.seq < known.seq || found.checkpointSeq < known.checkpointSeq) {
      missing.push(`${docNo}:${known.seq}:${found?.seq ?? 0}`)
    }
  }
  return missing.join(' ')
}

interface Candidate {
  readonly location: string
  readonly scan: ScanReport
  readonly missing: string
}

async function salvage(
  folder: string,
  env: Env,
  journal: HeadJournal,
  first: ScanReport,
  trouble: string,
): Promise<OpenedLevel> {
  const location = join(folder, 'level')
  const aside = join(folder, `damaged-${env.clock.now()}`)
  const asIs = await candidate(location, join(folder, 'probing-as-is'), false, env, journal)
  const repaired = await candidate(location, join(folder, 'probing-repaired'), true, env, journal)
  const best = better(asIs, repaired)
  const problems = [
    `the store was damaged (${trouble}); it is kept in ${aside}`,
    best === null
      ? 'nothing of it could be read: it goes on empty, and the documents of the journal are missing'
      : `it goes on with what ${best === repaired ? 'a repair of it brought back' : 'is still read from it'}`,
  ]
  const next = join(folder, nextStore)
  if (best === null) await mkdir(next)
  else await rename(best.location, next)
  // A crash between these two is made good by `finishSalvage`.
  await rename(location, aside)
  await rename(next, location)
  await removeCopies(folder)
  const db = await openDatabase(location, best === null)
  const mark = seal(salvageKey, new TextEncoder().encode(best?.missing ?? ''), checksum)
  await db.put(salvageKey, mark, { sync: true })
  return { db, scan: best?.scan ?? { ...first, brokenKeys: [] }, problems }
}

/** What a salvage has made, until it takes the place of the store. */
const nextStore = 'level.next'

/** A salvage that was interrupted is brought to its end, or forgotten and done again. */
async function finishSalvage(folder: string, location: string) {
  const files = await readdir(folder)
  if (!files.includes(nextStore)) return
  const next = join(folder, nextStore)
  if (files.includes('level')) await rm(next, { recursive: true, force: true })
  else await rename(next, location)
}

const wholeScanMs = 600_000

async function candidate(
  from: string,
  location: string,
  repair: boolean,
  env: Env,
  journal: HeadJournal,
): Promise<Candidate | null> {
  if (!(await linkStore(from, location))) {
    throw new TuttiError('store-unavailable', `${from} is damaged, and there is no room to salvage it`)
  }
  if (repair && !(await repairInChild(location, env.timers))) return null
  const scan = await scanInChild(location, env.timers, wholeScanMs)
  if (isNotDamage(scan.error)) throw new TuttiError('store-unavailable', `cannot salvage the store: ${scan.error}`)
  // What reads only in part would end this process sooner or later.
  if (!scan.survived || scan.error !== '') return null
  return { location, scan, missing: describeMissing(scan, journal) }
}

function better(a: Candidate | null, b: Candidate | null): Candidate | null {
  if (a === null || b === null) return a ?? b
  if (a.missing.length !== b.missing.length) return a.missing.length < b.missing.length ? a : b
  return b.scan.records > a.scan.records ? b : a
}
