import type { Seq, SessionId } from '@tutti/core'
import type { PendingCount, PendingEdit } from '../persistence/local-log.ts'

/** An edit the server has not said to have on its disk. */
export interface OutgoingEdit {
  /** What the server knows it by on this connection; 0 until it has been given one. */
  counter: number
  /** What the device's log knows it by: whose it is and its number there; number 0 for what the log does not keep. */
  readonly session: SessionId
  readonly number: number
  readonly bytes: Uint8Array
  readonly base: Seq
  isReceived: boolean
}

/**
 * What this client said and the server has not confirmed, in order (SPEC CLI3). The edits from `heldFrom` on are not sent:
 * the first of them was refused, and the others were made on top of it.
 */
export class Outbox {
  #edits: OutgoingEdit[] = []
  #bytes = 0
  heldFrom: OutgoingEdit | null = null

  get isEmpty(): boolean {
    return this.#edits.length === 0
  }

  get all(): readonly OutgoingEdit[] {
    return this.#edits
  }

  /** What may be sent. */
  get free(): readonly OutgoingEdit[] {
    return this.heldFrom === null ? this.#edits : this.#edits.slice(0, this.#edits.indexOf(this.heldFrom))
  }

  get held(): readonly OutgoingEdit[] {
    return this.heldFrom === null ? [] : this.#edits.slice(this.#edits.indexOf(this.heldFrom))
  }

  get count(): PendingCount {
    return { edits: this.#edits.length, bytes: this.#bytes }
  }

  /** The newest, and so all. */
  get isReceived(): boolean {
    return this.#edits.at(-1)?.isReceived ?? true
  }

  add(edit: OutgoingEdit): void {
    this.#edits.push(edit)
    this.#bytes += edit.bytes.length
  }

  /** Edits other clients left behind on this device: they are older than our own. */
  adopt(edits: readonly PendingEdit[]): void {
    const known = new Set(this.#edits.map(edit => `${edit.session} ${edit.number}`))
    const left = edits.filter(edit => !known.has(`${edit.session} ${edit.counter}`)).map(leftEdit)
    this.#edits = [...left, ...this.#edits]
    this.#bytes += sizeOf(left)
  }

  /** Gives every edit a counter of the connection it will travel on. */
  number(next: () => number): void {
    for (const edit of this.#edits) edit.counter = next()
  }

  /** The oldest free edits, as many as `maxEdits` and `maxBytes` allow, and at least one. */
  batch(maxEdits: number, maxBytes: number): readonly OutgoingEdit[] {
    const { free } = this
    let bytes = 0
    let size = 0
    while (size < free.length && size < maxEdits) {
      bytes += (free[size] as OutgoingEdit).bytes.length
      if (bytes > maxBytes && size > 0) break
      size++
    }
    return free.slice(0, size)
  }

  received(counter: number): void {
    for (const edit of this.#edits) if (edit.counter <= counter) edit.isReceived = true
  }

  /** Takes out what is on the server's disk. Held edits are never among it, whatever the counter. */
  acknowledge(counter: number): readonly OutgoingEdit[] {
    const { free } = this
    let size = 0
    while (size < free.length && (free[size] as OutgoingEdit).counter <= counter) size++
    const done = this.#edits.splice(0, size)
    this.#bytes -= sizeOf(done)
    return done
  }

  /** Takes out what is only to mend the server, up to a counter. */
  removeMending(through: number): readonly OutgoingEdit[] {
    const mending = this.#edits.filter(edit => edit.number === 0 && edit.counter <= through)
    this.remove(mending)
    return mending
  }

  /** Keeps what `session` made, and of the rest what is still pending on the device. */
  retain(session: SessionId, pending: readonly PendingEdit[]): void {
    const known = new Set(pending.map(edit => `${edit.session} ${edit.counter}`))
    const isGone = (edit: OutgoingEdit) =>
      edit.number === 0 || (edit.session !== session && !known.has(`${edit.session} ${edit.number}`))
    this.remove(this.#edits.filter(isGone))
  }

  remove(edits: readonly OutgoingEdit[]): void {
    const gone = new Set(edits)
    this.#edits = this.#edits.filter(edit => !gone.has(edit))
    this.#bytes = sizeOf(this.#edits)
    if (this.heldFrom !== null && gone.has(this.heldFrom)) this.heldFrom = null
  }
}

function sizeOf(edits: readonly OutgoingEdit[]): number {
  return edits.reduce((sum, edit) => sum + edit.bytes.length, 0)
}

function leftEdit(edit: PendingEdit): OutgoingEdit {
  return {
    counter: 0,
    session: edit.session,
    number: edit.counter,
    bytes: edit.bytes,
    base: edit.base,
    isReceived: false,
  }
}
