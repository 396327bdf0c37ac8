import { type Epoch, type Seq, seq } from '../base/id.ts'
import type { Entry } from './entry.ts'
import type { Checkpoint, Deletion, Finding, OpenedDocument, UpdateVisitor } from './update-log.ts'

/** An opened document whose entries are all there already, as a list. */
export class ListedDocument implements OpenedDocument {
  readonly epoch: Epoch | null
  readonly head: Seq
  readonly checkpoint: Checkpoint | null
  readonly entries: readonly Entry[]
  readonly findings: readonly Finding[]
  readonly deleted: Deletion | null

  /** Without anything: one that was never written. */
  constructor(parts: Partial<Omit<OpenedDocument, 'eachUpdate'>> = {}) {
    this.epoch = parts.epoch ?? null
    this.head = parts.head ?? seq(0)
    this.checkpoint = parts.checkpoint ?? null
    this.entries = parts.entries ?? []
    this.findings = parts.findings ?? []
    this.deleted = parts.deleted ?? null
  }

  eachUpdate(visit: UpdateVisitor): void {
    for (const { bytes } of this.entries) visit(bytes, 0, bytes.length)
  }
}
