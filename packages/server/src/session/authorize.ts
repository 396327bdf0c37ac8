import type { DocName, Permission } from '@tutti/core'

/** Who somebody turned out to be. */
export interface Identity {
  readonly subject: string
}

/**
 * The door, as an app hangs it: who does this token belong to, and what may they do with this document? Both are asked
 * anew for every connection and every document. Null means no, for good; a rejection means not now: come again.
 */
export interface Authorize {
  /** `token` is "" when none was given. */
  identify(token: string): Promise<Identity | null> | Identity | null
  permit(identity: Identity, doc: DocName): Promise<Permission | null> | Permission | null
}

/** No door: everybody may write. Only fit for loopback, or for who says so. */
export const everybody: Authorize = {
  identify: () => ({ subject: '' }),
  permit: () => 'write',
}
