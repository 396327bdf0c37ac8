import type { Permission } from '@tutti/core'

/** The documents of the matrix. */
export const docs = ['team/a', 'team/b', 'team/a/deep', 'team', 'TEAM/a', 'other'] as const
export type Doc = (typeof docs)[number]

export interface Person {
  readonly name: string
  /** The `tutti` claim of their tokens. */
  readonly claim: Readonly<Partial<Record<Permission, readonly string[]>>>
  /** What they may do with each document, written down by hand. */
  readonly may: Readonly<Record<Doc, Permission | null>>
}

type Row = readonly [Permission | null, ...(Permission | null)[]]

function person(name: string, claim: Person['claim'], row: Row): Person {
  const may = Object.fromEntries(docs.map((doc, i) => [doc, row[i] ?? null])) as Record<Doc, Permission | null>
  return { name, claim, may }
}

const no = null

/** Who there is. Columns as in `docs`. */
export const people: readonly Person[] = [
  //                                              team/a   team/b   deep     team     TEAM/a   other
  person('nobody', {}, [no, no, no, no, no, no]),
  person('a-reads', { read: ['team/a'] }, ['read', no, no, no, no, no]),
  person('a-writes', { write: ['team/a'] }, ['write', no, no, no, no, no]),
  person('a-admin', { admin: ['team/a'] }, ['admin', no, no, no, no, no]),
  person('team-reads', { read: ['team/*'] }, ['read', 'read', no, no, no, no]),
  person('team-writes', { write: ['team/**'] }, ['write', 'write', 'write', no, no, no]),
  person('below-a', { write: ['team/a/**'] }, [no, no, 'write', no, no, no]),
  person('flat-admin', { admin: ['*'] }, [no, no, no, 'admin', no, 'admin']),
  person('all-read', { read: ['**'] }, ['read', 'read', 'read', 'read', 'read', 'read']),
  person('all-write', { write: ['**'] }, ['write', 'write', 'write', 'write', 'write', 'write']),
  person('all-admin', { admin: ['**'] }, ['admin', 'admin', 'admin', 'admin', 'admin', 'admin']),
  person('mixed', { read: ['**'], write: ['*/b'] }, ['read', 'write', 'read', 'read', 'read', 'read']),
  person('elsewhere', { admin: ['elsewhere/**', 'team/a?', 'team\\*'] }, [no, no, no, no, no, no]),
]

/** What there is to be done on a connection, and the lowest permission that allows it. */
export const deeds = {
  open: 'read',
  read: 'read',
  reconcile: 'read',
  see: 'read',
  say: 'read',
  write: 'write',
} as const satisfies Readonly<Record<string, Permission>>
export type Deed = keyof typeof deeds

/** What there is to be asked over HTTP of a document, and the lowest permission that allows it. */
export const requests = [
  ['GET', '', 'read'],
  ['GET', '/content', 'read'],
  ['GET', '/update', 'read'],
  ['GET', '/presence', 'read'],
  ['PATCH', '/content', 'write'],
  ['PUT', '', 'write'],
  ['POST', '/compact', 'admin'],
  ['DELETE', '', 'admin'],
  ['POST', '/undelete', 'admin'],
  ['POST', '/purge', 'admin'],
] as const satisfies readonly (readonly [method: string, path: string, needs: Permission])[]

/** What there is to be asked of the server: for who administers everything. */
export const serverRequests = [
  ['GET', '/v1/connections'],
  ['DELETE', '/v1/connections/nobody'],
  ['POST', '/v1/revocations'],
  ['POST', '/v1/drain'],
] as const

/** Who may ask it. */
export const serverAdmins: readonly string[] = ['all-admin']

/** Only the last lets anybody in. */
export const tokenStates = [
  'none',
  'garbage',
  'expired',
  'not yet valid',
  'another audience',
  'another issuer',
  'another key',
  'unsigned',
  'revoked',
  'good',
] as const
export type TokenState = (typeof tokenStates)[number]

const rank: Readonly<Record<Permission, number>> = { read: 1, write: 2, admin: 3 }

/** What the table says of one cell: nothing is allowed that is not written down. */
export function isAllowed(state: TokenState, { may }: Person, doc: Doc, deed: Deed): boolean {
  return state === 'good' && reaches(may[doc], deeds[deed])
}

/** Whether who holds `held` has what is needed. */
export function reaches(held: Permission | null, needed: Permission): boolean {
  return held !== null && rank[held] >= rank[needed]
}
