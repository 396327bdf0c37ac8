import type { Millis } from '@tutti/core'
import { z } from 'zod'
import type { Identity } from './authorize.ts'
import type { LineStore } from './revocation-file.ts'

/** Tokens that count no more: those of a subject or a device made before a moment, or a single one by its `jti`. */
export interface Revocation {
  readonly kind: 'subject' | 'device' | 'token'
  readonly name: string
  /** Tokens made later are good. Tokens that do not say when they were made count as made before. */
  readonly before: Millis
}

const revocationSchema = z.strictObject({
  kind: z.enum(['subject', 'device', 'token']),
  name: z.string().min(1),
  before: z.number(),
})

/** Everything that was revoked: durable before it counts, and then at once, for who is connected too (SPEC ACC10). */
export class Revocations {
  readonly #store: LineStore | null
  readonly #before = new Map<string, Millis>()
  readonly #listeners = new Set<() => void>()

  /** Without a store nothing outlives the process. Throws when a line of the store cannot be read. */
  constructor(store: LineStore | null) {
    this.#store = store
    for (const line of store?.lines ?? []) this.#note(revocationSchema.parse(JSON.parse(line)))
  }

  /** Resolves when it is on disk and in force. */
  async revoke({ kind, name, before }: Revocation): Promise<void> {
    await this.#store?.append(JSON.stringify({ kind, name, before }))
    this.#note({ kind, name, before })
    for (const listener of this.#listeners) listener()
  }

  isRevoked({ subject, device, tokenId, issuedAt = 0 }: Identity): boolean {
    if (this.#before.size === 0) return false
    const isBefore = (kind: Revocation['kind'], name: string | undefined) =>
      name !== undefined && issuedAt < (this.#before.get(keyOf(kind, name)) ?? Number.NEGATIVE_INFINITY)
    return isBefore('subject', subject) || isBefore('device', device) || isBefore('token', tokenId)
  }

  /** Called after each revocation. */
  onRevoked(listener: () => void): void {
    this.#listeners.add(listener)
  }

  #note({ kind, name, before }: Revocation): void {
    const key = keyOf(kind, name)
    this.#before.set(key, Math.max(before, this.#before.get(key) ?? before))
  }
}

function keyOf(kind: Revocation['kind'], name: string): string {
  return `${kind} ${name}`
}
