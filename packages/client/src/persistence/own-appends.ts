import type { DocName, SessionId } from '@tutti/core'
import { LocalLogError } from './local-log-error.ts'
import type { OwnEdit } from './local-log.ts'
import { type OwnPlan, OwnProgress } from './own-progress.ts'
import { appendEdits } from './rows.ts'
import type { WriteQueue } from './write-queue.ts'

/** Bytes of edits that share a row. Rows far above are read and copied slowly, and browsers refuse them at 128 MiB. */
const maxRowBytes = 4 * 1024 * 1024

interface Waiter {
  readonly edits: readonly OwnEdit[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** One session's edits of one document. */
interface Stream {
  readonly progress: OwnProgress
  /** The batch that still takes more in. */
  open: Waiter[] | null
  /** What the transaction under way holds of it. */
  draft: { readonly transaction: IDBTransaction; readonly taken: ReadonlySet<number> } | null
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
    return new Promise((resolve, reject) => {
      const waiter = { edits, resolve, reject }
      if (stream.open === null) this.#begin(doc, session, stream, [waiter])
      else stream.open.push(waiter)
    })
  }

  /** Something else is written for the document: edits that come now belong behind it. */
  seal(doc: DocName): void {
    for (const stream of this.#streams.get(doc)?.values() ?? []) stream.open = null
  }

  /** These edits are gone: later ones need not wait for them. */
  withdrawn(doc: DocName, session: SessionId, counters: readonly number[]): void {
    this.#stream(doc, session).progress.withdrawn(counters)
  }

  /** The document is gone, or all are: counters may begin anew. */
  removed(doc?: DocName): void {
    if (doc === undefined) this.#streams.clear()
    else this.#streams.delete(doc)
  }

  #stream(doc: DocName, session: SessionId): Stream {
    let sessions = this.#streams.get(doc)
    if (sessions === undefined) {
      sessions = new Map()
      this.#streams.set(doc, sessions)
    }
    let stream = sessions.get(session)
    if (stream === undefined) {
      stream = { progress: new OwnProgress(), open: null, draft: null }
      sessions.set(session, stream)
    }
    return stream
  }

  #begin(doc: DocName, session: SessionId, stream: Stream, waiters: Waiter[]): void {
    const { progress } = stream
    const close = () => {
      if (stream.open === waiters) stream.open = null
    }
    let plan: OwnPlan | null = null
    stream.open = waiters
    this.#queue.add({
      stores: ['rows'],
      async work(transaction) {
        close()
        // Batches before this one may be in the same transaction.
        const before = stream.draft?.transaction === transaction ? stream.draft.taken : new Set<number>()
        plan = progress.plan(
          waiters.map(({ edits }) => edits),
          before,
        )
        stream.draft = { transaction, taken: plan.taken }
        for (const row of rowsOf(plan.edits)) await appendEdits(transaction, doc, session, row)
      },
      stored() {
        progress.stored(plan?.edits ?? [])
        for (const { edits, resolve, reject } of waiters) {
          if (plan?.early.has(edits) === true) {
            progress.failed(edits)
            reject(new LocalLogError(progress.lastTrouble, 'an earlier edit is not stored yet'))
          } else resolve()
        }
      },
      failed(error) {
        close()
        if (error instanceof LocalLogError) progress.lastTrouble = error.code
        for (const { edits, reject } of waiters) {
          progress.failed(edits)
          reject(error)
        }
      },
    })
  }
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
