import { type AwarenessEntry, type Channel, type Env, type Millis, protocolLimits } from '@tutti/core'
import type { Leases } from './leases.ts'
import { Presence } from './presence.ts'
import type { Reader } from './reader.ts'

/** Presence is flushed at once, and then at most this often. */
const flushMs: Millis = 25

/** Takes in who is here and tells the others: the latest state only, framed once per dialect (SPEC AWR3). */
export class PresenceDesk {
  /** From the first word on: in most documents nobody ever says one. */
  #presence: Presence | null = null
  readonly #leases: Leases
  readonly #channel: Channel
  readonly #readers: ReadonlySet<Reader>
  readonly #env: Env
  #isDue = false
  #flushedTicks = Number.NEGATIVE_INFINITY

  constructor(leases: Leases, channel: Channel, readers: ReadonlySet<Reader>, env: Env) {
    this.#leases = leases
    this.#channel = channel
    this.#readers = readers
    this.#env = env
  }

  take(reader: Reader, entries: readonly AwarenessEntry[]): void {
    this.#presence ??= new Presence(this.#leases)
    if (this.#presence.take(reader, entries)) this.#flushSoon()
  }

  leave(reader: Reader): void {
    if (this.#presence?.leave(reader)) this.#flushSoon()
  }

  /** Everybody who is here. */
  all(): readonly AwarenessEntry[] {
    return this.#presence?.all() ?? []
  }

  /** Tells one reader who is here, in messages no longer than anyone may send. */
  show(reader: Reader): void {
    for (const some of inMessages(this.all())) {
      reader.wire.write(reader.dialect.awareness(this.#channel, some))
    }
  }

  #flushSoon(): void {
    if (this.#isDue) return
    this.#isDue = true
    const waitMs = this.#flushedTicks + flushMs - this.#env.clock.ticks()
    if (waitMs > 0) this.#env.timers.after(waitMs, () => this.#flush())
    else this.#env.timers.soon(() => this.#flush())
  }

  #flush(): void {
    this.#isDue = false
    this.#flushedTicks = this.#env.clock.ticks()
    for (const some of inMessages(this.#presence?.flush() ?? [])) this.#send(some)
  }

  #send(entries: readonly AwarenessEntry[]): void {
    const frames = new Map<string, Uint8Array>()
    for (const reader of this.#readers) {
      if (reader.standing === 'joining') continue
      if (!reader.wire.hasRoom) {
        reader.presenceStale = true
        continue
      }
      let frame = frames.get(reader.dialect.name)
      if (frame === undefined) {
        frame = reader.dialect.awareness(this.#channel, entries)
        frames.set(reader.dialect.name, frame)
      }
      reader.wire.write(frame)
    }
  }
}

function* inMessages(entries: readonly AwarenessEntry[]): Iterable<readonly AwarenessEntry[]> {
  for (let i = 0; i < entries.length; i += protocolLimits.maxAwarenessEntries) {
    yield entries.slice(i, i + protocolLimits.maxAwarenessEntries)
  }
}
