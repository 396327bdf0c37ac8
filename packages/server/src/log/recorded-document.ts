import type { Checkpoint, Deletion, Entry, Epoch, Finding, OpenedDocument, Seq, UpdateVisitor } from '@tutti/core'
import type { CheckedRecords } from './checked-records.ts'

/** A healthy document as it is opened: its entries stay in their records until somebody asks for them. */
export class RecordedDocument implements OpenedDocument {
  readonly epoch: Epoch | null
  readonly head: Seq
  readonly checkpoint: Checkpoint | null
  readonly findings: readonly Finding[] = []
  readonly deleted: Deletion | null
  readonly #records: CheckedRecords
  #entries: readonly Entry[] | null = null

  constructor(parts: Pick<OpenedDocument, 'epoch' | 'head' | 'checkpoint' | 'deleted'>, records: CheckedRecords) {
    this.epoch = parts.epoch
    this.head = parts.head
    this.checkpoint = parts.checkpoint
    this.deleted = parts.deleted
    this.#records = records
  }

  get entries(): readonly Entry[] {
    this.#entries ??= this.#records.entries()
    return this.#entries
  }

  eachUpdate(visit: UpdateVisitor): void {
    this.#records.eachUpdate(visit)
  }
}
