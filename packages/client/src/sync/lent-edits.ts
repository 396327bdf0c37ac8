import type { SessionId } from '@tutti/core'
import { mergeUpdates } from '../persistence/merge-updates.ts'

/** Edits that are kept apart in memory before they are merged. */
const maxApart = 64

/**
 * What other tabs made, could not store and have shown here. When such a tab ends nobody but those who show it may have it
 * (SPEC CLI10).
 */
export class LentEdits {
  readonly #bySession = new Map<SessionId, Uint8Array[]>()

  get sessions(): readonly SessionId[] {
    return [...this.#bySession.keys()]
  }

  /** The same may come again, whenever its tab has tried in vain to store it. */
  add(session: SessionId, bytes: Uint8Array): void {
    const lent = this.#bySession.get(session) ?? []
    lent.push(bytes)
    this.#bySession.set(session, lent.length > maxApart ? [mergeUpdates(lent)] : lent)
  }

  /** Hands out what that session lent, as one update, and forgets it; null where there is nothing. */
  take(session: SessionId): Uint8Array | null {
    const lent = this.#bySession.get(session)
    this.#bySession.delete(session)
    return lent === undefined ? null : mergeUpdates(lent)
  }

  clear(): void {
    this.#bySession.clear()
  }
}
