import { TuttiError } from '../base/error.ts'
import { seq, type DocName, type Epoch, type Seq } from '../base/id.ts'
import type { Entry, NewEntry } from './entry.ts'
import { ListedDocument } from './listed-document.ts'
import type {
  Checkpoint,
  CompactionReport,
  Deletion,
  DocumentSummary,
  OpenedDocument,
  UpdateLog,
  Removal,
} from './update-log.ts'

interface MemoryDocument {
  epoch: Epoch | null
  entries: Entry[]
  checkpoint: Checkpoint | null
  deleted: Deletion | null
  /** The last append that was called, settled or not. */
  last: Promise<unknown>
}

export interface MemoryLogOptions {
  /** Called before each append takes place; awaited. An exception refuses the append. For tests of slow and failing stores. */
  readonly beforeAppend?: (doc: DocName, entries: readonly NewEntry[]) => Promise<void> | void
  /** Called by `probe`; an exception refuses it. */
  readonly beforeProbe?: () => Promise<void> | void
}

/** The reference: what every log does, in the fewest lines. Keeps nothing when the process ends. */
export class MemoryLog implements UpdateLog {
  readonly #documents = new Map<DocName, MemoryDocument>()
  readonly #removed = new Set<Epoch>()
  readonly #options: MemoryLogOptions

  constructor(options: MemoryLogOptions = {}) {
    this.#options = options
  }

  async open(doc: DocName): Promise<OpenedDocument> {
    const found = this.#born(doc)
    const checkpoint = found?.checkpoint ?? null
    return new ListedDocument({
      epoch: found?.epoch ?? null,
      head: seq(found?.entries.length ?? 0),
      checkpoint,
      entries: found?.entries.slice(checkpoint?.seq ?? 0) ?? [],
      deleted: found?.deleted ?? null,
    })
  }

  append(doc: DocName, epoch: Epoch, entries: readonly NewEntry[]): Promise<Seq> {
    let document = this.#documents.get(doc)
    if (document === undefined) {
      document = { epoch: null, entries: [], checkpoint: null, deleted: null, last: Promise.resolve() }
      this.#documents.set(doc, document)
    }
    const target = document
    const done = target.last.then(async () => {
      await this.#options.beforeAppend?.(doc, entries)
      if (target.epoch !== null && target.epoch !== epoch) {
        throw new TuttiError('epoch-mismatch', `the document has epoch ${target.epoch}, not ${epoch}`)
      }
      if (entries.length > 0) target.epoch = epoch
      for (const entry of entries) target.entries.push({ ...entry, seq: seq(target.entries.length + 1) })
      return seq(target.entries.length)
    })
    target.last = done.catch(() => {})
    return done
  }

  async read(doc: DocName, after: Seq, maxBytes: number): Promise<readonly Entry[]> {
    const found = this.#born(doc)
    const entries: Entry[] = []
    if (found === undefined) return entries
    let bytes = 0
    for (let i = Math.max(after, found.checkpoint?.seq ?? 0); i < found.entries.length; i++) {
      const entry = found.entries[i] as Entry
      bytes += entry.bytes.length
      if (entries.length > 0 && bytes > maxBytes) break
      entries.push(entry)
    }
    return entries
  }

  async checkpoint(doc: DocName, checkpoint: Checkpoint): Promise<CompactionReport> {
    const found = this.#born(doc)
    const before = found?.checkpoint?.seq ?? 0
    if (found === undefined || checkpoint.seq < Math.max(1, before) || checkpoint.seq > found.entries.length) {
      throw new RangeError(`no checkpoint of ${doc} can be at ${checkpoint.seq}`)
    }
    let bytesBefore = found.checkpoint?.bytes.length ?? 0
    for (let i = before; i < checkpoint.seq; i++) bytesBefore += (found.entries[i] as Entry).bytes.length
    found.checkpoint = { ...checkpoint, bytes: checkpoint.bytes.slice() }
    return { bytesBefore, bytesAfter: checkpoint.bytes.length, entriesFolded: checkpoint.seq - before }
  }

  async history(doc: DocName, from: Seq, to: Seq): Promise<readonly Entry[]> {
    const found = this.#born(doc)
    if (found === undefined) return []
    return found.entries.slice(Math.max(0, from - 1), Math.min(to, found.checkpoint?.seq ?? 0))
  }

  async *list(from = ''): AsyncGenerator<DocumentSummary> {
    for (const doc of [...this.#documents.keys()].sort()) {
      if (doc < from) continue
      const found = this.#born(doc)
      if (found === undefined || found.epoch === null) continue
      const checkpointSeq = found.checkpoint?.seq ?? seq(0)
      const tail = found.entries.slice(checkpointSeq)
      yield {
        doc,
        epoch: found.epoch,
        head: seq(found.entries.length),
        checkpointSeq,
        tailEntries: tail.length,
        tailBytes: tail.reduce((sum, entry) => sum + entry.bytes.length, 0),
        deleted: found.deleted,
      }
    }
  }

  async mark(doc: DocName, deleted: Deletion | null): Promise<void> {
    await this.#documents.get(doc)?.last
    const found = this.#born(doc)
    if (found === undefined) throw new RangeError(`there is no ${doc} to be marked`)
    found.deleted = deleted
  }

  async remove(doc: DocName, how: Removal = 'for-good'): Promise<void> {
    const removed = this.#documents.get(doc)
    // At once: whoever appends from now on writes another document.
    this.#documents.delete(doc)
    await removed?.last
    if (removed?.epoch && how === 'for-good') this.#removed.add(removed.epoch)
  }

  async wasRemoved(epoch: Epoch): Promise<boolean> {
    return this.#removed.has(epoch)
  }

  async probe(): Promise<void> {
    await this.#options.beforeProbe?.()
  }

  async close(): Promise<void> {
    for (const document of this.#documents.values()) await document.last
  }

  #born(doc: DocName): MemoryDocument | undefined {
    const found = this.#documents.get(doc)
    return found?.epoch === null ? undefined : found
  }
}
