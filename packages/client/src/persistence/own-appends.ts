import type { DocName, SessionId } from '@tutti/core'
import { LocalLogError } from './local-log-error.ts'
import type { LocalTrouble, OwnEdit } from './local-log.ts'
import { appendEdits } from './rows.ts'
import type { WriteQueue } from './write-queue.ts'

/** Bytes of edits that share a row. Rows far above are read and copied slowly, and browsers refuse them at 128 MiB. */
const maxRowBytes = 4 * 1024 * 1024

/** What this running log knows of a session's edits of one document. */
interface Progress {
  /** The counter up to which everything is stored. */
  through: number
  /** Counters that will never come. */
  readonly withdrawn: Set<number>
  /** How far a transaction under way leads, if it succeeds. */
  draft: { readonly transaction: IDBTransaction; readonly through: number } | null
  lastTrouble: LocalTrouble
}

interface Waiter {
  readonly edits: readonly OwnEdit[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Own edits on their way into rows. Edits of one session that wait together become one row, and are stored without gaps:
 * what builds on an edit that could not be stored is not stored before it.
 */
export class OwnAppends {
  readonly #queue: WriteQueue
  readonly #progress = new Map<DocName, Map<SessionId, Progress>>()
  /** Batches that still take more in. */
  readonly #open = new Map<DocName, Map<SessionId, Waiter[]>>()

  constructor(queue: WriteQueue) {
    this.#queue = queue
  }

  append(doc: DocName, session: SessionId, edits: readonly OwnEdit[]): Promise<void> {
    const [first] = edits
    if (first === undefined) return Promise.resolve()
    const progress = this.#progressOf(doc, session, first.counter - 1)
    return new Promise((resolve, reject) => {
      const waiter = { edits, resolve, reject }
      const waiters = this.#open.get(doc)?.get(session)
      if (waiters === undefined) this.#begin(doc, session, progress, [waiter])
      else waiters.push(waiter)
    })
  }

  /** Something else was written for the document: edits that come now belong behind it. */
  seal(doc: DocName): void {
    this.#open.delete(doc)
  }

  /** These edits are gone: later ones need not wait for them. */
  withdrawn(doc: DocName, session: SessionId, counters: readonly number[]): void {
    const progress = this.#progress.get(doc)?.get(session)
    for (const counter of counters) progress?.withdrawn.add(counter)
  }

  /** The document is gone, or all are: counters may begin anew. */
  removed(doc?: DocName): void {
    if (doc === undefined) this.#progress.clear()
    else this.#progress.delete(doc)
  }

  #progressOf(doc: DocName, session: SessionId, through: number): Progress {
    let sessions = this.#progress.get(doc)
    if (sessions === undefined) this.#progress.set(doc, (sessions = new Map()))
    let progress = sessions.get(session)
    if (progress === undefined) {
      sessions.set(
        session,
        (progress = { through, withdrawn: new Set(), draft: null, lastTrouble: 'local-unavailable' }),
      )
    }
    return progress
  }

  #begin(doc: DocName, session: SessionId, progress: Progress, waiters: Waiter[]): void {
    let open = this.#open.get(doc)
    if (open === undefined) this.#open.set(doc, (open = new Map()))
    open.set(session, waiters)
    const batches = open
    let planned = plan(progress, [], progress.through)
    this.#queue.add({
      stores: ['rows'],
      async work(transaction) {
        if (batches.get(session) === waiters) batches.delete(session)
        const { draft } = progress
        planned = plan(progress, waiters, draft?.transaction === transaction ? draft.through : progress.through)
        progress.draft = { transaction, through: planned.through }
        for (const row of rowsOf(planned.edits)) await appendEdits(transaction, doc, session, row)
      },
      stored() {
        const { through, early } = planned
        progress.through = through
        progress.draft = null
        for (const counter of progress.withdrawn) if (counter <= through) progress.withdrawn.delete(counter)
        for (const { reject, resolve, edits } of waiters) {
          if (early.has(edits)) reject(new LocalLogError(progress.lastTrouble, 'an earlier edit is not stored yet'))
          else resolve()
        }
      },
      failed(error) {
        if (batches.get(session) === waiters) batches.delete(session)
        if (error instanceof LocalLogError) progress.lastTrouble = error.code
        for (const { reject } of waiters) reject(error)
      },
    })
  }
}

/** Which edits of `waiters` are next in line, how far they lead, and who came before the edits they build on. */
function plan(progress: Progress, waiters: readonly Waiter[], from: number) {
  const edits: OwnEdit[] = []
  const early = new Set<readonly OwnEdit[]>()
  let through = from
  for (const waiter of waiters) {
    for (const edit of waiter.edits) {
      if (edit.counter <= through) continue
      let next = through + 1
      while (next < edit.counter && progress.withdrawn.has(next)) next++
      if (next < edit.counter) {
        early.add(waiter.edits)
        break
      }
      if (!progress.withdrawn.has(edit.counter)) edits.push(edit)
      through = edit.counter
    }
  }
  return { edits, through, early }
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
