import { describe, expect, test } from 'vitest'
import type { DocName } from '../base/id.ts'
import { type Grant, permissionFor, serverPermissionOf } from './grant.ts'
import { mayDo, type Operation, operations } from './operation.ts'
import { parsePattern } from './pattern.ts'
import { type Permission, suffices } from './permission.ts'

/** Written by hand, and not made from the table: what each permission allows. */
const allowed: Readonly<Record<Operation, readonly [none: 0, read: 0 | 1, write: 0 | 1, admin: 0 | 1]>> = {
  'document.open': [0, 1, 1, 1],
  'document.update': [0, 0, 1, 1],
  'document.seed': [0, 0, 1, 1],
  'document.reconcile': [0, 1, 1, 1],
  'document.read-json': [0, 1, 1, 1],
  'document.read-update': [0, 1, 1, 1],
  'document.patch': [0, 0, 1, 1],
  'document.create': [0, 0, 1, 1],
  'document.delete': [0, 0, 0, 1],
  'document.undelete': [0, 0, 0, 1],
  'document.purge': [0, 0, 0, 1],
  'document.compact': [0, 0, 0, 1],
  'document.presence': [0, 1, 1, 1],
  'documents.list': [0, 1, 1, 1],
  'awareness.say': [0, 1, 1, 1],
  'awareness.see': [0, 1, 1, 1],
  'connections.list': [0, 0, 0, 1],
  'connections.kick': [0, 0, 0, 1],
  'tokens.revoke': [0, 0, 0, 1],
  'server.drain': [0, 0, 0, 1],
  'server.metrics': [0, 0, 0, 1],
  'server.config': [0, 0, 0, 1],
}
const columns: readonly (Permission | null)[] = [null, 'read', 'write', 'admin']

function grant(text: string, permission: Permission): Grant {
  const documents = parsePattern(text)
  if (!documents.ok) throw new Error(documents.error)
  return { documents: documents.value, permission }
}

/** Who there may be, and the highest permission each has for the documents `team/a` and `other`, and for the server. */
const identities: readonly (readonly [
  name: string,
  grants: readonly Grant[],
  team: Permission | null,
  other: Permission | null,
  server: Permission | null,
])[] = [
  ['nobody', [], null, null, null],
  ['a reader of one', [grant('team/a', 'read')], 'read', null, null],
  ['a writer of one', [grant('team/a', 'write')], 'write', null, null],
  ['an admin of one', [grant('team/a', 'admin')], 'admin', null, null],
  ['a reader of the team', [grant('team/*', 'read')], 'read', null, null],
  ['a writer of the team', [grant('team/**', 'write')], 'write', null, null],
  ['an admin of the team', [grant('team/**', 'admin')], 'admin', null, null],
  ['a reader of everything', [grant('**', 'read')], 'read', 'read', 'read'],
  ['a writer of everything', [grant('**', 'write')], 'write', 'write', 'write'],
  ['an admin of everything', [grant('**', 'admin')], 'admin', 'admin', 'admin'],
  ['an admin of what has no slash', [grant('*', 'admin')], null, 'admin', null],
  ['a reader who writes here', [grant('team/a', 'write'), grant('**', 'read')], 'write', 'read', 'read'],
  ['one whose lower grant comes last', [grant('**', 'admin'), grant('team/*', 'read')], 'admin', 'admin', 'admin'],
  ['one who has none of this', [grant('elsewhere/**', 'admin')], null, null, null],
]
const names = Object.keys(allowed) as Operation[]

describe('the table of operations', () => {
  test('[ACC3] has a row for every operation, and every row is known', () => {
    expect(Object.keys(operations).sort()).toEqual(names.toSorted())
  })

  test('[ACC3] every identity may do exactly what is written for its permission', () => {
    let cells = 0
    for (const [who, grants, team, other, server] of identities) {
      for (const operation of names) {
        const row = allowed[operation]
        const may = (held: Permission | null) => row[columns.indexOf(held)] === 1
        const expected = operations[operation].about === 'server' ? [may(server)] : [may(team), may(other)]
        const held =
          operations[operation].about === 'server'
            ? [serverPermissionOf(grants)]
            : ['team/a', 'other'].map(doc => permissionFor(grants, doc as DocName))
        expect([who, operation, held.map(permission => mayDo(operation, permission))]).toEqual([
          who,
          operation,
          expected,
        ])
        cells += expected.length
      }
    }
    expect(cells).toBeGreaterThan(500)
  })

  test('[ACC3] an operation that is not in the table is refused to everybody', () => {
    for (const unknown of ['document.rename', '', 'toString', '__proto__', 'constructor', 'hasOwnProperty']) {
      for (const permission of columns) expect(mayDo(unknown as Operation, permission)).toBe(false)
    }
  })

  test('[ACC2] a permission includes those below it, and the highest grant that matches counts', () => {
    const held = columns.map(permission => columns.slice(1).map(needed => suffices(permission, needed as Permission)))
    expect(held).toEqual([
      [false, false, false],
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ])
    const orders = [
      [grant('a*', 'read'), grant('*b', 'write')],
      [grant('*b', 'write'), grant('a*', 'read')],
    ]
    expect(orders.map(grants => permissionFor(grants, 'ab' as DocName))).toEqual(['write', 'write'])
    expect(orders.map(grants => permissionFor(grants, 'a' as DocName))).toEqual(['read', 'read'])
  })
})
