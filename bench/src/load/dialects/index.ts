import type { Dialect, DialectId } from '../dialect.ts'
import { hocuspocus } from './hocuspocus.ts'
import { native } from './native.ts'
import { yWebsocket } from './y-websocket.ts'

const dialects: Readonly<Record<DialectId, Dialect>> = { 'y-websocket': yWebsocket, hocuspocus, native }

/** The wire of that name. */
export function dialect(id: DialectId): Dialect {
  return dialects[id]
}
