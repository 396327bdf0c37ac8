import type { DocName, SessionId } from '@tutti/core'
import { LocalLogError } from './local-log-error.ts'
import type { EditName, OwnEdit } from './local-log.ts'
import { OwnProgress } from './own-progress.ts'
import { appendEdits } from './rows.ts'
import type { WriteQueue } from './write-queue.ts'

/** Bytes of edits that share a row. Rows far above are read and copied slowly, and browsers refuse them at 128 MiB. */
const maxRowBytes = 4 * 1024 * 1024

/** Edits that wait together, by their counters. */
interface Batch {
  readonly edits: Map<number, OwnEdit>
  readonly stored: Promise<void>
}

/** One session's edits of one document. */
interface Stream {
  readonly progress: OwnProgress
  /** Takes more in. */
  open: Batch | null
  /** What the transaction under way holds already. */
  draft: { readonly transaction: IDBTransaction; readonly taken: Set<number> } | null
  /** Why an edit could not be stored. */
  failure: unknown
}

/** Own edits on their way into rows. Edits of one session that wait together become one row (SPEC LOC2). */
export class OwnAppends {
  readonly #queue: WriteQueue
  readonly #streams = new Map<DocName, Map<SessionId, Stream>>()

  constructor(queue: WriteQueue) {
    this.#queue = queue
  }

  append(doc: DocName, session: SessionId, edits: readonly OwnEdit[]): Promise<void> {
    const stream = this.#stream(doc, session)
    stream.open ??= this.#begin(doc, session, stream)
    for (const edit of edits) stream.open.edits.set(edit.counter, edit)
    return stream.open.stored
  }

  /** Something else is written for the document: edits that come now belong behind it. */
  seal(doc: DocName): void {
    for (const stream of this.#streams.get(doc)?.values() ?? []) stream.open = null
  }

  /** These edits are gone: later ones need not wait for them. */
  withdrawn(doc: DocName, edits: readonly EditName[]): void {
    for (const { session, counter } of edits) this.#stream(doc, session).progress.withdrawn(counter)
  }

  /** They could not be withdrawn. */
  kept(doc: DocName, edits: readonly EditName[]): void {
    for (const { session, counter } of edits) this.#stream(doc, session).progress.kept(counter)
  }

  /** The document is gone, or all are: counters may begin anew. */
  removed(doc?: DocName): void {
    if (doc === undefined) this.#streams.clear()
    else this.#streams.delete(doc)
  }

  #stream(doc: DocName, session: SessionId): Stream {
    const sessions = this.#streams.get(doc) ?? new Map<SessionId, Stream>()
    this.#streams.set(doc, sessions)
    const stream = sessions.get(session) ?? { progress: new OwnProgress(), open: null, draft: null, failure: null }
    sessions.set(session, stream)
    return stream
  }

  #begin(doc: DocName, session: SessionId, stream: Stream): Batch {
    const { progress } = stream
    const edits = new Map<number, OwnEdit>()
    const close = () => {
      if (stream.open?.edits === edits) stream.open = null
    }
    let plan: readonly OwnEdit[] = []
    const stored = new Promise<void>((resolve, reject) =>
      this.#queue.add({
        stores: ['rows'],
        async work(transaction) {
          close()
          // Batches before this one may be in the same transaction.
          if (stream.draft?.transaction !== transaction) stream.draft = { transaction, taken: new Set() }
          const { taken } = stream.draft
          const planned = progress.plan(edits.values(), taken)
          if (planned === null) throw tooEarly(stream.failure)
          plan = planned
          for (const { counter } of plan) taken.add(counter)
          for (const row of rowsOf(plan)) await appendEdits(transaction, doc, session, row)
        },
        stored() {
          progress.stored(plan)
          resolve()
        },
        failed(error) {
          close()
          progress.failed(edits.values())
          stream.failure = error
          reject(error)
        },
      }),
    )
    return { edits, stored }
  }
}

/** With the code of what keeps it back. */
function tooEarly(cause: unknown): LocalLogError {
  const code = cause instanceof LocalLogError ? cause.code : 'local-unavailable'
  return new LocalLogError(code, 'an earlier edit is not stored yet', { cause })
}

function rowsOf(edits: readonly OwnEdit[]): OwnEdit[][] {
  const rows: OwnEdit[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const edit of edits) {
    if (bytes + edit.bytes.length > maxRowBytes) {
      rows.push([])
      bytes = 0
    }
    rows.at(-1)?.push(edit)
    bytes += edit.bytes.length
  }
  return rows
}
