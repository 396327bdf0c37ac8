import { crc32, type DocName, type Env, type Millis, readU32, readU48, writeU32, writeU48 } from '@tutti/core'
import { AppendFile, magicBytes } from './append-file.ts'
import type { ByteColumn } from './byte-columns.ts'
import type { Disk } from './disk.ts'
import { HeadTable, type JournalHead, kinds, noHead } from './head-table.ts'

// LevelDB may roll back as a whole, consistently and in silence: a cut log or manifest simply means fewer batches. Two small
// files beside it remember how far each document went, and what it was called.
//
//   heads   "tuttiHD1", then records of 25 bytes: u8 kind · u32 document · u48 head · u48 checkpoint · u32 link · u32 crc
//   names   "tuttiNM1", then records: u32 document · u16 length · name in UTF-8 · u32 crc
//
// They are written some milliseconds after the commits they tell of, many at once, and are not synced. So they may lag
// behind the store, and never lead it: what they tell is on disk. Once the store was closed they tell all of it. A process
// that is killed leaves the commits of its last `paceMs` untold, a power cut those of the last seconds: should LevelDB lose
// just those, nobody would notice; that it has them is no alarm, for it is always the store that may know more.
// So a torn tail means nothing; a record in the middle that does not check, or a file that is gone, does. For one document
// only the highest position counts, so the order of records means nothing.

const headsMagic = 'tuttiHD1'
const namesMagic = 'tuttiNM1'
const recordBytes = 25
/** The files are written at most so often. */
const paceMs: Millis = 40
/** A journal is written anew when it is this big and mostly outdated. */
const compactFromBytes = 4 * 1024 * 1024

export interface OpenedJournal {
  readonly journal: HeadJournal
  /** What is wrong with the files themselves, in words. */
  readonly problems: readonly string[]
  /** Names by document number, for as long as the caller keeps them. */
  readonly names: ReadonlyMap<number, DocName>
}

export class HeadJournal {
  /** True when the last process that wrote it closed it, and nothing was written since. */
  readonly closedCleanly: boolean
  #heads: AppendFile
  #names: AppendFile
  readonly #table: HeadTable
  /** Documents whose heads are not written yet. */
  readonly #changed = new Set<number>()
  #env: Env | null = null
  #flushedAt = Number.NEGATIVE_INFINITY
  #forgetPlan: (() => void) | null = null

  /** Reads both files, changing nothing. `isNew` says that nothing is expected to be there. */
  static read(disk: Disk, isNew: boolean): OpenedJournal {
    const problems: string[] = []
    const table = new HeadTable()
    const heads = AppendFile.read(disk, 'heads', headsMagic)
    const names = AppendFile.read(disk, 'names', namesMagic)
    if (!isNew) for (const file of [heads, names]) if (file.problem !== null) problems.push(file.problem)
    const closed = readHeads(heads, table, problems)
    const named = readNames(names, problems)
    const journal = new HeadJournal(heads, names, table, closed)
    return { journal, problems, names: named }
  }

  private constructor(heads: AppendFile, names: AppendFile, table: HeadTable, closedCleanly: boolean) {
    this.#heads = heads
    this.#names = names
    this.#table = table
    this.closedCleanly = closedCleanly
  }

  /** Makes the files ready to be written, once the store is surely ours: creates what is missing, cuts a torn tail. */
  begin(env: Env): void {
    this.#env = env
    this.#heads.begin()
    this.#names.begin()
  }

  /** One more than the highest document number it knows. */
  get size(): number {
    return this.#table.size
  }

  /** `null` for a number it does not know, or that was removed. */
  head(docNo: number): JournalHead | null {
    return this.#table.kind(docNo) === kinds.head ? this.#table.head(docNo) : null
  }

  isRemoved(docNo: number): boolean {
    return this.#table.kind(docNo) === kinds.removed
  }

  /** Of a commit that is on disk. Written with the next flush, as all that is noted. */
  noteHead(docNo: number, seq: number, link: number, checkpointSeq: number): void {
    this.#table.set(kinds.head, docNo, { seq, link, checkpointSeq })
    this.#changed.add(docNo)
  }

  noteName(docNo: number, name: DocName): void {
    this.#names.waiting.put(encodeName(docNo, name))
  }

  noteRemoved(docNo: number): void {
    this.#table.set(kinds.removed, docNo, noHead)
    this.#changed.add(docNo)
  }

  /** Writes what was noted: now, or when the pace allows it. */
  flushSoon(): void {
    if (this.#forgetPlan !== null || this.#env === null) return
    const { clock, timers } = this.#env
    const waitMs = this.#flushedAt + paceMs - clock.ticks()
    if (waitMs <= 0) this.flush()
    else this.#forgetPlan = timers.after(waitMs, () => this.flush())
  }

  /** Writes what was noted. A failure is no loss (the store itself has it): it is tried again with the next. */
  flush(): void {
    this.#forgetPlan?.()
    this.#forgetPlan = null
    if (this.#changed.size + this.#names.waiting.length + this.#heads.waiting.length === 0) return
    if (this.#env !== null) this.#flushedAt = this.#env.clock.ticks()
    const live = magicBytes + this.#table.size * recordBytes
    if (this.#heads.length > compactFromBytes && this.#heads.length > 4 * live) this.rewriteHeads()
    for (const docNo of this.#changed) this.#putHead(this.#heads.waiting, docNo)
    this.#changed.clear()
    this.#names.flush()
    this.#heads.flush()
  }

  /** Puts a new heads file in the place of the old one, with one record per document. */
  rewriteHeads(): void {
    try {
      this.#heads = AppendFile.replace(this.#heads, target => {
        for (let docNo = 0; docNo < this.#table.size; docNo++) this.#putHead(target, docNo)
      })
    } catch {
      // The old file is as good; only longer.
    }
  }

  /** Puts a new names file in the place of the old one. Throws when it cannot be written. */
  rewriteNames(names: Iterable<readonly [number, DocName]>): void {
    this.#names = AppendFile.replace(this.#names, target => {
      for (const [docNo, name] of names) target.put(encodeName(docNo, name))
    })
  }

  /** `cleanly`: everything that was refused is known to be gone. */
  close(cleanly: boolean): void {
    this.flush()
    if (cleanly) putHead(this.#heads.waiting, kinds.closed, 0, noHead)
    this.#heads.flush()
    this.#names.close()
    this.#heads.close()
  }

  #putHead(target: ByteColumn, docNo: number) {
    const kind = this.#table.kind(docNo)
    if (kind !== 0) putHead(target, kind, docNo, this.#table.head(docNo))
  }
}

const scratch = new Uint8Array(recordBytes)

function putHead(target: ByteColumn, kind: number, docNo: number, { seq, link, checkpointSeq }: JournalHead) {
  scratch[0] = kind
  writeU32(scratch, 1, docNo)
  writeU48(scratch, 5, seq)
  writeU48(scratch, 11, checkpointSeq)
  writeU32(scratch, 17, link)
  writeU32(scratch, 21, crc32(scratch, 0, 21))
  target.put(scratch)
}

function encodeName(docNo: number, name: DocName): Uint8Array {
  const bytes = new TextEncoder().encode(name)
  const record = new Uint8Array(10 + bytes.length)
  writeU32(record, 0, docNo)
  record[4] = bytes.length
  record[5] = bytes.length >>> 8
  record.set(bytes, 6)
  writeU32(record, 6 + bytes.length, crc32(record, 0, 6 + bytes.length))
  return record
}

/**
 * Numbers are given one after the other, so one far beyond the records of a file is not believed: a table that goes so far
 * might not fit into memory.
 */
function furthestDocNo(file: AppendFile): number {
  return 2 ** 20 + 64 * Math.floor(file.bytes.length / recordBytes)
}

/** Returns whether the file ends with a clean closing. */
function readHeads(file: AppendFile, table: HeadTable, problems: string[]): boolean {
  let bad = 0
  let badBeforeGood = 0
  let closed = false
  const maxDocNo = furthestDocNo(file)
  for (let at = magicBytes; at + recordBytes <= file.bytes.length; at += recordBytes) {
    const record = file.bytes.subarray(at, at + recordBytes)
    const docNo = readU32(record, 1)
    if (readU32(record, 21) !== crc32(record, 0, 21) || docNo > maxDocNo) {
      bad++
      continue
    }
    badBeforeGood = bad
    file.good = at + recordBytes
    closed = record[0] === kinds.closed
    if (closed) continue
    const head = { seq: readU48(record, 5), checkpointSeq: readU48(record, 11), link: readU32(record, 17) }
    table.set(record[0] as number, docNo, head)
  }
  if (badBeforeGood > 0) problems.push(`the journal of heads has ${badBeforeGood} damaged records`)
  return closed && bad === badBeforeGood
}

function readNames(file: AppendFile, problems: string[]): Map<number, DocName> {
  const names = new Map<number, DocName>()
  const { bytes } = file
  const untext = new TextDecoder()
  let lost = false
  for (let at = magicBytes; at + 10 <= bytes.length; ) {
    const length = (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8)
    const end = at + 10 + length
    if (end > bytes.length || readU32(bytes, end - 4) !== crc32(bytes, at, end - 4)) {
      // Records have no fixed length: look for the next one that checks, byte by byte.
      lost = true
      at++
      continue
    }
    if (lost) problems.push('the journal of names is damaged')
    lost = false
    names.set(readU32(bytes, at), untext.decode(bytes.subarray(at + 6, end - 4)) as DocName)
    file.good = end
    at = end
  }
  return names
}
