import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, type DocName, noBytes, readU32, readU48, writeU32, writeU48 } from '@tutti/core'
import { ByteColumn } from './byte-columns.ts'

// LevelDB may roll back as a whole, consistently and in silence: a cut log or manifest simply means fewer batches. Two small
// files beside it, written after every commit, remember how far each document went, and what it was called.
//
//   heads   "tuttiHD1", then records of 25 bytes: u8 kind · u32 document · u48 head · u48 checkpoint · u32 link · u32 crc
//   names   "tuttiNM1", then records: u32 document · u16 length · name in UTF-8 · u32 crc
//
// They are not synced: after a power cut they may lag behind the store, never lead it (a record follows its commit). So a
// torn tail means nothing; a record in the middle that does not check, or a file that is gone, does. For one document only
// the highest position counts, so the order of records means nothing.

const headsMagic = 'tuttiHD1'
const namesMagic = 'tuttiNM1'
const magicBytes = 8
const recordBytes = 25
const kinds = { head: 1, removed: 2, closed: 3 } as const
/** A journal is written anew when it is this big and mostly outdated. */
const compactFromBytes = 4 * 1024 * 1024

export interface JournalHead {
  readonly seq: number
  readonly checkpointSeq: number
  readonly link: number
}

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
  readonly #folder: string
  #heads: AppendFile
  #names: AppendFile
  readonly #table: HeadTable

  /** Reads both files, changing nothing. `isNew` says that nothing is expected to be there. */
  static read(folder: string, isNew: boolean): OpenedJournal {
    const problems: string[] = []
    const table = new HeadTable()
    const heads = AppendFile.read(join(folder, 'heads'), headsMagic)
    const names = AppendFile.read(join(folder, 'names'), namesMagic)
    if (!isNew) for (const file of [heads, names]) if (file.problem !== null) problems.push(file.problem)
    const closed = readHeads(heads, table, problems)
    const named = readNames(names, problems)
    const journal = new HeadJournal(folder, heads, names, table, closed)
    return { journal, problems, names: named }
  }

  private constructor(folder: string, heads: AppendFile, names: AppendFile, table: HeadTable, closedCleanly: boolean) {
    this.#folder = folder
    this.#heads = heads
    this.#names = names
    this.#table = table
    this.closedCleanly = closedCleanly
  }

  /** Makes the files ready to be written, once the store is surely ours: creates what is missing, cuts a torn tail. */
  begin(): void {
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

  noteHead(docNo: number, seq: number, link: number, checkpointSeq: number): void {
    this.#table.set(kinds.head, docNo, seq, link, checkpointSeq)
    putHead(this.#heads.waiting, kinds.head, docNo, seq, link, checkpointSeq)
  }

  noteName(docNo: number, name: DocName): void {
    this.#names.waiting.put(encodeName(docNo, name))
  }

  noteRemoved(docNo: number): void {
    this.#table.set(kinds.removed, docNo, 0, 0, 0)
    putHead(this.#heads.waiting, kinds.removed, docNo, 0, 0, 0)
  }

  /** Writes what was noted. A failure is no loss (the store itself has it): it is tried again with the next. */
  flush(): void {
    const live = magicBytes + this.#table.size * recordBytes
    if (this.#heads.length > compactFromBytes && this.#heads.length > 4 * live) this.rewriteHeads()
    this.#names.flush()
    this.#heads.flush()
  }

  /** Puts a new heads file in the place of the old one, with one record per document. */
  rewriteHeads(): void {
    try {
      this.#heads = AppendFile.replace(join(this.#folder, 'heads'), headsMagic, this.#heads, target =>
        this.#table.putAll(target),
      )
    } catch {
      // The old file is as good; only longer.
    }
  }

  /** Puts a new names file in the place of the old one. Throws when it cannot be written. */
  rewriteNames(names: Iterable<readonly [number, DocName]>): void {
    this.#names = AppendFile.replace(join(this.#folder, 'names'), namesMagic, this.#names, target => {
      for (const [docNo, name] of names) target.put(encodeName(docNo, name))
    })
  }

  /** `cleanly`: everything that was refused is known to be gone. */
  close(cleanly: boolean): void {
    if (cleanly) putHead(this.#heads.waiting, kinds.closed, 0, 0, 0, 0)
    this.flush()
    this.#names.close()
    this.#heads.close()
  }
}

/** Document number → head, 17 bytes each. */
class HeadTable {
  size = 0
  #kinds = new Uint8Array(64)
  #links = new Uint32Array(64)
  #seqs = new Float64Array(64)
  #checkpoints = new Float64Array(64)

  kind(docNo: number): number {
    return this.#kinds[docNo] ?? 0
  }

  head(docNo: number): JournalHead {
    return {
      seq: this.#seqs[docNo] as number,
      checkpointSeq: this.#checkpoints[docNo] as number,
      link: this.#links[docNo] as number,
    }
  }

  set(kind: number, docNo: number, seq: number, link: number, checkpointSeq: number) {
    this.#room(docNo)
    if (docNo >= this.size) this.size = docNo + 1
    if (this.#kinds[docNo] === kinds.removed) return
    this.#kinds[docNo] = kind
    if (checkpointSeq > (this.#checkpoints[docNo] as number)) this.#checkpoints[docNo] = checkpointSeq
    if (seq < (this.#seqs[docNo] as number)) return
    this.#seqs[docNo] = seq
    this.#links[docNo] = link
  }

  putAll(target: ByteColumn) {
    for (let docNo = 0; docNo < this.size; docNo++) {
      const kind = this.kind(docNo)
      const { seq, link, checkpointSeq } = this.head(docNo)
      if (kind !== 0) putHead(target, kind, docNo, seq, link, checkpointSeq)
    }
  }

  #room(docNo: number) {
    if (docNo < this.#kinds.length) return
    const length = Math.max(docNo + 1, this.#kinds.length * 2)
    const grow = <T extends Uint8Array | Uint32Array | Float64Array>(grown: T, old: T) => {
      grown.set(old)
      return grown
    }
    this.#kinds = grow(new Uint8Array(length), this.#kinds)
    this.#links = grow(new Uint32Array(length), this.#links)
    this.#seqs = grow(new Float64Array(length), this.#seqs)
    this.#checkpoints = grow(new Float64Array(length), this.#checkpoints)
  }
}

const scratch = new Uint8Array(recordBytes)

function putHead(target: ByteColumn, kind: number, docNo: number, seq: number, link: number, checkpointSeq: number) {
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

/** Document numbers above this are not believed: a table for them would not fit. */
const maxDocNo = 2 ** 28

/** Returns whether the file ends with a clean closing. */
function readHeads(file: AppendFile, table: HeadTable, problems: string[]): boolean {
  let bad = 0
  let badBeforeGood = 0
  let closed = false
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
    table.set(record[0] as number, docNo, readU48(record, 5), readU32(record, 17), readU48(record, 11))
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

/** A file that is only appended to. What could not be written waits for the next time. */
class AppendFile {
  readonly bytes: Uint8Array
  readonly problem: string | null
  /** Everything before this checks, or is to be kept. */
  good: number
  readonly #path: string
  readonly #magic: string
  readonly #isOurs: boolean
  #handle = -1
  #length = 0
  /** What is to be written with the next flush. */
  readonly waiting: ByteColumn = new ByteColumn()

  static read(path: string, magic: string): AppendFile {
    let bytes: Uint8Array = noBytes
    let problem: string | null = null
    try {
      bytes = readFileSync(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      problem = `${path} is missing`
    }
    const isOurs = new TextDecoder('latin1').decode(bytes.subarray(0, magicBytes)) === magic
    if (!isOurs && problem === null) problem = `${path} does not begin as it must`
    return new AppendFile(path, magic, bytes, isOurs, problem)
  }

  /** Writes a new file with `records` and closes the old one. */
  static replace(path: string, magic: string, old: AppendFile, fill: (target: ByteColumn) => void): AppendFile {
    const temporary = `${path}.new`
    const file = new AppendFile(path, magic, noBytes, false, null)
    file.#handle = openSync(temporary, 'w+')
    try {
      file.waiting.put(new TextEncoder().encode(magic))
      fill(file.waiting)
      file.#write()
      fsyncSync(file.#handle)
      renameSync(temporary, path)
      old.close()
      return file
    } catch (error) {
      file.close()
      throw error
    }
  }

  private constructor(path: string, magic: string, bytes: Uint8Array, isOurs: boolean, problem: string | null) {
    this.#path = path
    this.#magic = magic
    this.#isOurs = isOurs
    this.bytes = isOurs ? bytes : noBytes
    this.problem = problem
    this.good = isOurs ? magicBytes : 0
  }

  get length(): number {
    return this.#length
  }

  /** Opens the file for writing, creating it; forgets a torn tail. */
  begin(): void {
    this.#handle = openSync(this.#path, this.#isOurs ? 'r+' : 'w+')
    if (this.#isOurs) ftruncateSync(this.#handle, this.good)
    else {
      writeSync(this.#handle, new TextEncoder().encode(this.#magic), 0, magicBytes, 0)
      fsyncSync(this.#handle)
    }
    this.#length = this.#isOurs ? this.good : magicBytes
  }

  flush(): void {
    if (this.waiting.length === 0) return
    try {
      this.#write()
    } catch {
      // Kept for the next time.
    }
  }

  close(): void {
    if (this.#handle >= 0) closeSync(this.#handle)
    this.#handle = -1
  }

  #write() {
    const bytes = this.waiting.bytes()
    let written = 0
    while (written < bytes.length) {
      written += writeSync(this.#handle, bytes, written, bytes.length - written, this.#length + written)
    }
    this.#length += bytes.length
    this.waiting.clear()
  }
}
