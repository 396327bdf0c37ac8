import type { DocName, Grant, Millis, Permission } from '@tutti/core'

/** How somebody is shown to the others. What a token does not say, people say of themselves. */
export interface User {
  readonly name?: string
  readonly color?: string
  readonly picture?: string
}

/** Who somebody turned out to be, and for how long that holds. Only `subject` must be known. */
export interface Identity {
  /** Names a person or a machine, the same in all their tokens. "" where nobody is asked. */
  readonly subject: string
  readonly user?: User
  /** What the token itself allows; a door without grants is asked for each document. */
  readonly grants?: readonly Grant[]
  /** From then on it is nobody's any more. */
  readonly expiresAt?: Millis
  /** When the token was made; unknown counts as long ago. */
  readonly issuedAt?: Millis
  readonly tokenId?: string
  /** The device the token was made for. */
  readonly device?: string
}

/**
 * The door, as an app hangs it: who does this token belong to, and what may they do with this document? Both are asked
 * anew for every connection and every document. Null means no, for good; a rejection means not now: come again.
 */
export interface Authorize {
  /** `token` is "" when none was given. */
  identify(token: string): Promise<Identity | null> | Identity | null
  permit(identity: Identity, doc: DocName): Promise<Permission | null> | Permission | null
  /** What they may do with the server itself: see its connections, stop it. Without it nobody may. */
  permitServer?(identity: Identity): Promise<Permission | null> | Permission | null
  /** True where answers do not change while an identity lasts: what is open is not asked for again. */
  readonly isSteady?: boolean
}

/** No door: everybody may write. Only fit for loopback, or for who says so. */
export const everybody: Authorize = {
  identify: () => ({ subject: '' }),
  permit: () => 'write',
  isSteady: true,
}
