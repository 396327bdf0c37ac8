import { type Permission, suffices } from './permission.ts'

/** What an operation is about, and the permission it needs for that. */
export interface OperationRule {
  readonly about: 'document' | 'server'
  readonly needs: Permission
}

/** Everything anybody can ask of a server, by whatever door. */
export type Operation =
  | 'document.open'
  | 'document.update'
  | 'document.seed'
  | 'document.reconcile'
  | 'document.read-json'
  | 'document.read-update'
  | 'document.patch'
  | 'document.create'
  | 'document.delete'
  | 'document.undelete'
  | 'document.purge'
  | 'document.compact'
  | 'document.presence'
  | 'documents.list'
  | 'awareness.say'
  | 'awareness.see'
  | 'connections.list'
  | 'connections.kick'
  | 'tokens.revoke'
  | 'server.drain'
  | 'server.metrics'
  | 'server.config'

/** The one table of what needs which permission (SPEC ACC3): every entry point asks it, and none has rules of its own. */
export const operations: Readonly<Record<Operation, OperationRule>> = {
  'document.open': { about: 'document', needs: 'read' },
  'document.update': { about: 'document', needs: 'write' },
  'document.seed': { about: 'document', needs: 'write' },
  'document.reconcile': { about: 'document', needs: 'read' },
  'document.read-json': { about: 'document', needs: 'read' },
  'document.read-update': { about: 'document', needs: 'read' },
  'document.patch': { about: 'document', needs: 'write' },
  'document.create': { about: 'document', needs: 'write' },
  'document.delete': { about: 'document', needs: 'admin' },
  'document.undelete': { about: 'document', needs: 'admin' },
  'document.purge': { about: 'document', needs: 'admin' },
  'document.compact': { about: 'document', needs: 'admin' },
  'document.presence': { about: 'document', needs: 'read' },
  // Asked for every document there is: a list shows what may be read.
  'documents.list': { about: 'document', needs: 'read' },
  // Readers are seen, too; who they are is written by the server.
  'awareness.say': { about: 'document', needs: 'read' },
  'awareness.see': { about: 'document', needs: 'read' },
  'connections.list': { about: 'server', needs: 'admin' },
  'connections.kick': { about: 'server', needs: 'admin' },
  'tokens.revoke': { about: 'server', needs: 'admin' },
  'server.drain': { about: 'server', needs: 'admin' },
  'server.metrics': { about: 'server', needs: 'admin' },
  'server.config': { about: 'server', needs: 'admin' },
}

/**
 * Whether who holds `permission` for what an operation is about may do it. An operation that is not in the table is
 * refused to everybody.
 */
export function mayDo(operation: Operation, permission: Permission | null): boolean {
  return Object.hasOwn(operations, operation) && suffices(permission, operations[operation].needs)
}
