import type { Dialect, DialectClient } from '../dialect.ts'
import { Cursor, message, prefixed } from '../varint.ts'
import { readSync } from './y-websocket.ts'

const sync = 0
const auth = 2
const syncReply = 4
const token = 0

const cursor = new Cursor()

function client(document: string): DialectClient {
  const updateHead = message(document, sync, 2)
  return {
    // The server queues what follows the token, so both may leave together: one round trip less than its own client.
    opening: stateVector => [message(document, auth, token, 'bench', '4.7.0'), message(document, sync, 0, stateVector)],
    update: bytes => prefixed(updateHead, bytes),
    // As a sync reply, or the server would ask again.
    answer: bytes => message(document, sync, 1, bytes),
    read(events, bytes, start) {
      cursor.set(bytes, start)
      const nameBytes = cursor.varUint()
      cursor.at += nameBytes
      const type = cursor.varUint()
      if (type === sync || type === syncReply) readSync(events, cursor, bytes)
    },
  }
}

/** Hocuspocus 4: each message carries the document's name, and a token comes first. */
export const hocuspocus: Dialect = {
  id: 'hocuspocus',
  saysDurable: false,
  subprotocol: undefined,
  path: () => '/',
  client,
}
