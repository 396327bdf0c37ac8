import type { Dialect, DialectClient, DialectEvents } from '../dialect.ts'
import { Cursor, message, prefixed } from '../varint.ts'

const sync = 0
const step1 = 0
const step2 = 1
const update = 2

/** Reads what follows the message type in a y-protocols sync message. Shared with dialects that wrap it. */
export function readSync(events: DialectEvents, cursor: Cursor, bytes: Buffer): void {
  const step = cursor.varUint()
  const length = cursor.varUint()
  const start = cursor.at
  if (step === update) events.onUpdate(bytes, start, start + length)
  else if (step === step2) events.onSyncAnswer(bytes, start, start + length)
  else if (step === step1) events.onServerStateVector(bytes, start, start + length)
}

const updateHead = message(sync, update)
const cursor = new Cursor()

const client: DialectClient = {
  opening: stateVector => [message(sync, step1, stateVector)],
  update: bytes => prefixed(updateHead, bytes),
  answer: bytes => message(sync, step2, bytes),
  read(events, bytes, start) {
    cursor.set(bytes, start)
    if (cursor.varUint() === sync) readSync(events, cursor, bytes)
  },
}

/** The stock wire: the path names the document, every message is type, step, bytes. */
export const yWebsocket: Dialect = {
  id: 'y-websocket',
  saysDurable: false,
  subprotocol: undefined,
  path: document => `/${document}`,
  client: () => client,
}
