import type { Dialect, DialectId } from '../dialect.ts'
import { hocuspocus } from './hocuspocus.ts'
import { yWebsocket } from './y-websocket.ts'

const dialects: Partial<Record<DialectId, Dialect>> = { 'y-websocket': yWebsocket, hocuspocus }

/** The wire of that name. Throws when there is no file for it yet. */
export function dialect(id: DialectId): Dialect {
  const found = dialects[id]
  if (found === undefined) throw new Error(`the bench does not speak ${id} yet: add it under bench/src/load/dialects`)
  return found
}
