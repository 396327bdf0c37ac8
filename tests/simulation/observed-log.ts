import type {
  Checkpoint,
  CompactionReport,
  Deletion,
  DocName,
  DocumentSummary,
  Entry,
  Epoch,
  NewEntry,
  OpenedDocument,
  Removal,
  Seq,
  UpdateLog,
} from '@tutti/core'
import { Coverage, saidBy } from './coverage.ts'
import type { Ledger } from './ledger.ts'

/** The server's log, with the ledger told what it says. Nothing is told once the process that asked is dead. */
export class ObservedLog implements UpdateLog {
  readonly #log: UpdateLog
  readonly #ledger: Ledger

  constructor(log: UpdateLog, ledger: Ledger) {
    this.#log = log
    this.#ledger = ledger
  }

  open(doc: DocName): Promise<OpenedDocument> {
    return this.#log.open(doc)
  }

  async append(doc: DocName, epoch: Epoch, entries: readonly NewEntry[]): Promise<Seq> {
    const said = entries.map(entry => saidBy(entry.bytes))
    const head = await this.#log.append(doc, epoch, entries)
    if (entries.length > 0) this.#ledger.appended(doc, epoch, head, said)
    return head
  }

  read(doc: DocName, after: Seq, maxBytes: number): Promise<readonly Entry[]> {
    return this.#log.read(doc, after, maxBytes)
  }

  async checkpoint(doc: DocName, checkpoint: Checkpoint): Promise<CompactionReport> {
    const said = saidBy(checkpoint.bytes)
    const report = await this.#log.checkpoint(doc, checkpoint)
    this.#ledger.folded(doc, said)
    return report
  }

  history(doc: DocName, from: Seq, to: Seq): Promise<readonly Entry[]> {
    return this.#log.history(doc, from, to)
  }

  list(from?: string): AsyncIterable<DocumentSummary> {
    return this.#log.list(from)
  }

  mark(doc: DocName, deleted: Deletion | null): Promise<void> {
    return this.#log.mark(doc, deleted)
  }

  remove(doc: DocName, how?: Removal): Promise<void> {
    return this.#log.remove(doc, how)
  }

  wasRemoved(epoch: Epoch): Promise<boolean> {
    return this.#log.wasRemoved(epoch)
  }

  probe(): Promise<void> {
    return this.#log.probe()
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}

/** What the log has of a document now, checkpoint and entries together. */
export async function storedIn(
  log: UpdateLog,
  doc: DocName,
): Promise<{ readonly opened: OpenedDocument; readonly updates: readonly Uint8Array[]; readonly coverage: Coverage }> {
  const opened = await log.open(doc)
  const updates = [
    ...(opened.checkpoint === null ? [] : [opened.checkpoint.bytes]),
    ...opened.entries.map(e => e.bytes),
  ]
  const coverage = new Coverage()
  for (const update of updates) coverage.add(saidBy(update))
  return { opened, updates, coverage }
}
