import { type Cancel, type Env, type Epoch, noBytes, type Seq, seq } from '@tutti/core'
import type { LocalDocument } from '../persistence/local-log.ts'
import { isEmptyUpdate } from '../persistence/merge-updates.ts'
import type { DeviceWriter } from './device-writer.ts'

/** The server learns this long after a move how far we are. */
const seenMs = 5_000

/** How far in the server's log this client is, on the device and in the document (SPEC CLI4). */
export class LogPosition {
  readonly #env: Env
  readonly #writer: DeviceWriter
  readonly #tell: (position: Seq) => boolean
  #at: Seq = seq(0)
  #epoch: Epoch | null = null
  #told = 0
  #seen: Cancel | null = null
  /** The epoch the server said the document has. */
  serverEpoch: Epoch | null = null

  /** `tell` says the position to the server, or returns false. */
  constructor(env: Env, writer: DeviceWriter, tell: (position: Seq) => boolean) {
    this.#env = env
    this.#writer = writer
    this.#tell = tell
  }

  get at(): Seq {
    return this.#at
  }

  /** Of the copy; `null` while it has nothing of the server's. */
  get epoch(): Epoch | null {
    return this.#epoch
  }

  take(copy: LocalDocument): void {
    this.#epoch = copy.epoch
    // A copy with holes claims nothing: the server then looks at what is really there.
    this.#at = copy.damaged.length === 0 ? copy.position : seq(0)
  }

  forget(): void {
    this.#epoch = null
    this.#at = seq(0)
  }

  /** The server lost entries we had seen: from here on its numbers mean other things. */
  fallBack(head: Seq): void {
    this.#at = head
  }

  /** Notes for the device what the server sent, and how far that brings us. */
  keep(bytes: Uint8Array, position: Seq, after: Seq): void {
    if (position > this.#at) {
      this.#at = position
      this.#seen ??= this.#env.timers.after(seenMs, () => {
        this.#seen = null
        this.tell()
      })
    }
    const news = isEmptyUpdate(bytes) ? noBytes : bytes
    // What others did may come before our own first edit is acknowledged: it is kept although we have no position yet.
    if (this.serverEpoch === null || (this.#at === 0 && news.length === 0)) return
    this.#epoch = this.serverEpoch
    if (news.length > 0 || position > after) this.#writer.fromServer(this.serverEpoch, news, position, after)
  }

  /** Tells the server how far we are, where it does not know. */
  tell(): void {
    if (this.#at > this.#told && this.#tell(this.#at)) this.#told = this.#at
  }

  stop(): void {
    this.#seen?.()
  }
}
