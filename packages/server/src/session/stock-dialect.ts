import {
  encodeAwareness,
  encodeStockAwareness,
  encodeStockDenied,
  encodeStockUpdate,
  encodeSyncStep1,
} from '@tutti/core'
import type { Dialect } from '../room/dialect.ts'
import { frame } from '../runtime/frame.ts'

/** y-websocket's wire: updates, presence, and questions. It has no acknowledgements. */
export const stockDialect: Dialect = {
  name: 'stock',
  push: (_channel, _from, _to, update) => frame(encodeStockUpdate(update)),
  piece: () => null,
  awareness: (_channel, entries) => frame(encodeStockAwareness(encodeAwareness(entries))),
  ack: () => null,
  received: () => null,
  refused: (_channel, _counter, code, message) => (code === 'read-only' ? frame(encodeStockDenied(message)) : null),
  closed: () => null,
  ask: stateVector => frame(encodeSyncStep1(stateVector)),
}
