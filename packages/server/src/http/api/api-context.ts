import type { DocName, Env, Millis, Operation } from '@tutti/core'
import type { Identity } from '../../access/authorize.ts'
import type { Revocation } from '../../access/revocations.ts'
import type { Content } from '../../content/content.ts'
import type { House } from '../../room/house.ts'
import type { Logger } from '../../runtime/logger.ts'

/** Who asks, and may they? The one table of operations answers, as at every other door. */
export interface Guard {
  /** Who a token ("" for none) belongs to; or why nobody. */
  identify(token: string): Promise<Identity | 'unauthorized' | 'internal'>
  /** `doc` is `null` where it is about the server. Rejects when that cannot be known now. */
  may(identity: Identity, operation: Operation, doc: DocName | null): Promise<boolean>
}

/** A connection, as it is shown to whoever runs a server. */
export interface ConnectionFacts {
  /** Names it as long as it lasts. */
  readonly id: string
  readonly dialect: 'native' | 'stock'
  /** "" where nobody was asked. */
  readonly subject: string
  /** "" for stock clients. */
  readonly device: string
  readonly documents: readonly DocName[]
}

/** The connections there are. */
export interface ConnectionDesk {
  list(): readonly ConnectionFacts[]
  /** Ends one for good; false when there is none of that id. */
  kick(id: string): boolean
}

export interface ApiContext {
  readonly guard: Guard
  readonly house: House
  readonly content: Content
  readonly env: Env
  readonly logger: Logger
  readonly connections: ConnectionDesk
  readonly revoke: (revocation: Revocation) => Promise<void>
  /** Sends everybody away, to come back within the window, and lets nobody in; returns how many there were. */
  readonly drain: (afterMs: Millis, jitterMs: Millis) => number
  /** Web origins that may ask besides this server's own and loopback. */
  readonly origins: readonly string[]
  /** Set where nobody has to say who they are, and so only this machine may ask. */
  readonly onlyLoopback: boolean
}

/** What a request has besides itself. */
export interface ApiEnv {
  Variables: { identity: Identity }
}

/** No guard: whoever reaches the server may do everything. Only fit for loopback. */
export const openGuard: Guard = {
  identify: () => Promise.resolve({ subject: '' }),
  may: () => Promise.resolve(true),
}
