import type { DocName } from '@tutti/core'
import { Connection } from './connection.ts'
import type { ConnectionOptions } from './connection-options.ts'

interface Shared {
  readonly options: ConnectionOptions
  readonly connection: Connection
}

/** Connections of this realm that documents may share. Those without documents are not kept. */
const pool = new Set<Shared>()

/**
 * A connection for `doc`: one that goes to the same place with the same token and does not have the document yet, or a
 * new one (SPEC CLI14).
 */
export function shareConnection(options: ConnectionOptions, doc: DocName): Connection {
  for (const shared of pool) {
    if (shared.connection.documents.length === 0) pool.delete(shared)
    else if (isSamePlace(shared.options, options) && !shared.connection.has(doc)) return shared.connection
  }
  const connection = new Connection(options)
  pool.add({ options, connection })
  return connection
}

function isSamePlace(a: ConnectionOptions, b: ConnectionOptions): boolean {
  return (
    a.url === b.url &&
    a.token === b.token &&
    a.WebSocketPolyfill === b.WebSocketPolyfill &&
    a.env === b.env &&
    a.maxBackoffTime === b.maxBackoffTime &&
    isSameList(Object.entries(a.params ?? {}).flat(), Object.entries(b.params ?? {}).flat()) &&
    isSameList(a.protocols ?? [], b.protocols ?? [])
  )
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}
