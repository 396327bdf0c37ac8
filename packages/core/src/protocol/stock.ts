import { ByteCursor } from '../base/byte-cursor.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import { type Failure, failure } from '../base/error.ts'
import { err, ok, type Result } from '../base/result.ts'

// The stock dialect: what y-websocket speaks. One message per WebSocket frame; the path of the URL names the document.

export type StockMessage =
  /** Asks for what the state vector lacks. */
  | { readonly type: 'sync-step-1'; readonly stateVector: Uint8Array }
  /** The answer to our sync step 1. */
  | { readonly type: 'sync-step-2'; readonly bytes: Uint8Array }
  | { readonly type: 'update'; readonly bytes: Uint8Array }
  | { readonly type: 'awareness'; readonly bytes: Uint8Array }
  | { readonly type: 'query-awareness' }
  /** A kind this relay does not speak; ignored, as stock servers do. */
  | { readonly type: 'unknown' }

/** Decodes one frame of a stock client. Never throws; bytes are borrowed. */
export function decodeStockMessage(frame: Uint8Array): Result<StockMessage, Failure> {
  const from = new ByteCursor(frame)
  const message = readStockMessage(from)
  if (from.fault !== null) return err(failure('bad-message', `not a y-websocket message: ${from.fault}`))
  return ok(message)
}

function readStockMessage(from: ByteCursor): StockMessage {
  switch (from.uint()) {
    case 0:
      switch (from.uint()) {
        case 0:
          return { type: 'sync-step-1', stateVector: from.take() }
        case 1:
          return { type: 'sync-step-2', bytes: from.take() }
        case 2:
          return { type: 'update', bytes: from.take() }
        default:
          from.fail('an unknown sync message')
          return { type: 'unknown' }
      }
    case 1:
      return { type: 'awareness', bytes: from.take() }
    case 3:
      return { type: 'query-awareness' }
    default:
      return { type: 'unknown' }
  }
}

export function encodeSyncStep1(stateVector: Uint8Array): Uint8Array {
  return new ByteWriter(stateVector.length + 8).byte(0).byte(0).block(stateVector).bytes()
}

export function encodeSyncStep2(update: Uint8Array): Uint8Array {
  return new ByteWriter(update.length + 8).byte(0).byte(1).block(update).bytes()
}

export function encodeStockUpdate(update: Uint8Array): Uint8Array {
  return new ByteWriter(update.length + 8).byte(0).byte(2).block(update).bytes()
}

export function encodeStockAwareness(awareness: Uint8Array): Uint8Array {
  return new ByteWriter(awareness.length + 8).byte(1).block(awareness).bytes()
}

/** "Permission denied": stock clients only log it. */
export function encodeStockDenied(reason: string): Uint8Array {
  return new ByteWriter().byte(2).byte(0).string(reason).bytes()
}
