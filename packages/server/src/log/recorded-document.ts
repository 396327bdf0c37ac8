import type { Checkpoint, Entry, Epoch, Finding, OpenedDocument, Seq, UpdateVisitor } from '@tutti/core'
import type { CheckedRecords } from './checked-records.ts'

/** A healthy document as it is opened: its entries stay in their records until somebody asks for them. */
export class RecordedDocument implements OpenedDocument {
  readonly epoch: Epoch | null
  readonly head: Seq
  readonly checkpoint: Checkpoint | null
  readonly findings: readonly Finding[] = []
  readonly #records: CheckedRecords
  #entries: readonly Entry[] | null = null

  constructor(epoch: Epoch | null, head: Seq, checkpoint: Checkpoint | null, records: CheckedRecords) {
    this.epoch = epoch
    this.head = head
    this.checkpoint = checkpoint
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
