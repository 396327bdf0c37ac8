import {
  type Cancel,
  type DocName,
  type Env,
  mayDo,
  type Millis,
  type Operation,
  operations,
  type Permission,
} from '@tutti/core'
import type { Logger } from '../runtime/logger.ts'
import type { Authorize, Identity } from './authorize.ts'
import type { Revocations } from './revocations.ts'
import { Stay, type Visitor } from './stay.ts'

export interface DoorOptions {
  readonly authorize: Authorize
  readonly revocations: Revocations
  readonly env: Env
  readonly logger: Logger
  /** How often it is asked again what those who are here may do, where that can change; `null` for never. */
  readonly recheckMs: Millis | null
}

/**
 * Who comes in, what they may do, and for how long: asked by every entry point, whatever it speaks. A door that fails is
 * shut for now: whoever is behind it may come again, unlike one whose token is not valid.
 */
export class Door {
  readonly revocations: Revocations
  readonly #authorize: Authorize
  readonly #env: Env
  readonly #logger: Logger
  readonly #recheckMs: Millis | null
  readonly #stays = new Set<Stay>()
  #forgetRecheck: Cancel | null = null

  constructor(options: DoorOptions) {
    this.#authorize = options.authorize
    this.revocations = options.revocations
    this.#env = options.env
    this.#logger = options.logger
    this.#recheckMs = options.authorize.isSteady === true ? null : options.recheckMs
    this.revocations.onRevoked(() => this.#endRevoked())
  }

  /** Who a token belongs to; or why nobody comes in with it. */
  async identify(token: string): Promise<Identity | 'unauthorized' | 'internal'> {
    try {
      const identity = await this.#authorize.identify(token)
      return identity === null || this.revocations.isRevoked(identity) ? 'unauthorized' : identity
    } catch (error) {
      this.#logger.error({ error: String(error) }, 'identification failed')
      return 'internal'
    }
  }

  /** What somebody may do with a document. Rejects when that cannot be known now. */
  permit(identity: Identity, doc: DocName): Promise<Permission | null> | Permission | null {
    return this.#authorize.permit(identity, doc)
  }

  /** Whether somebody may do something, by the table: with a document, or with the server. Rejects as `permit` does. */
  async may(identity: Identity, operation: Operation, doc: DocName | null): Promise<boolean> {
    if (this.revocations.isRevoked(identity)) return false
    const isServer = operations[operation].about === 'server'
    if (isServer) return mayDo(operation, (await this.#authorize.permitServer?.(identity)) ?? null)
    return doc !== null && mayDo(operation, await this.permit(identity, doc))
  }

  /** Somebody who was let in stays: until they leave by `end`, or have to go. `null` where nothing can make them. */
  enter(identity: Identity, visitor: Visitor): Stay | null {
    if (identity.subject === '' && identity.expiresAt === undefined && this.#recheckMs === null) return null
    const stay = new Stay(identity, visitor, this.#env)
    this.#stays.add(stay)
    this.#recheckLater()
    return stay
  }

  leave(stay: Stay | null): void {
    if (stay === null) return
    stay.end()
    this.#stays.delete(stay)
  }

  close(): void {
    this.#forgetRecheck?.()
    this.#forgetRecheck = null
    for (const stay of this.#stays) stay.end()
    this.#stays.clear()
  }

  #endRevoked(): void {
    for (const { identity, visitor } of Array.from(this.#stays)) {
      if (this.revocations.isRevoked(identity)) visitor.end('unauthorized', 'the token was revoked')
    }
  }

  /** One timer for all of them, while there are any. */
  #recheckLater(): void {
    if (this.#recheckMs === null || this.#forgetRecheck !== null) return
    this.#forgetRecheck = this.#env.timers.after(this.#recheckMs, () => {
      this.#forgetRecheck = null
      for (const stay of this.#stays) stay.review()
      if (this.#stays.size > 0) this.#recheckLater()
    })
  }
}
