import {
  decodeAwareness,
  decodeClientMessage,
  decodeServerMessage,
  decodeStateVector,
  decodeStockMessage,
  encodeAwareness,
  encodeClientMessage,
  encodeServerMessage,
  encodeStateVector,
  encodeStockAwareness,
  encodeStockDenied,
  encodeStockUpdate,
  encodeSyncStep1,
  encodeSyncStep2,
  errorCodes,
  type Failure,
  type Result,
  type StockMessage,
} from '@tutti/core'
import * as awarenessProtocol from 'y-protocols/awareness'
import * as Y from 'yjs'
import { check, type FuzzTarget } from '../engine/target.ts'
import { sameValue } from './same-value.ts'

const utf8 = new TextEncoder()
const bytes = Uint8Array.of(1, 0, 4, 1, 97)

/** What decodes is encoded to the same message again. */
function comesBack<M>(
  input: Uint8Array,
  decode: (bytes: Uint8Array) => Result<M, Failure>,
  encode: (message: M) => Uint8Array,
): void {
  const decoded = decode(input)
  if (!decoded.ok) return check(decoded.error.message.length < 200, 'a failure is told in few words')
  const again = decode(encode(decoded.value))
  check(again.ok && sameValue(again.value, decoded.value), 'what decodes is encoded to the same message')
}

export const clientMessage: FuzzTarget = {
  name: 'client-message',
  watched: ['packages/core/src/protocol/codec.ts', 'packages/core/src/base/byte-'],
  maxBytes: 200,
  pace: 60_000,
  seeds: () => [
    encodeClientMessage({ type: 'hello', version: 1, device: 'd', session: 's', agent: 'a', token: 'é' }),
    encodeClientMessage({ type: 'auth', token: '日本😀' }),
    encodeClientMessage({ type: 'open', request: 1, doc: 'd', epoch: 'e', position: 3, stateVector: bytes, client: 7 }),
    encodeClientMessage({ type: 'close', channel: 300 }),
    encodeClientMessage({ type: 'update', channel: 1, counter: 1, base: 0, resync: true, bytes }),
    encodeClientMessage({ type: 'awareness', channel: 1, bytes }),
    encodeClientMessage({ type: 'seen', channel: 1, position: 2 ** 40 }),
    encodeClientMessage({ type: 'seed', channel: 1, bytes }),
    encodeClientMessage({ type: 'reconcile', channel: 1, stateVector: bytes }),
    encodeClientMessage({ type: 'beat' }),
  ],
  run: input => comesBack(input, decodeClientMessage, encodeClientMessage),
}

export const serverMessage: FuzzTarget = {
  name: 'server-message',
  watched: clientMessage.watched,
  maxBytes: 200,
  pace: 60_000,
  seeds: () => [
    encodeServerMessage({ type: 'welcome', version: 1, server: 's', maxUpdateBytes: 9, beatMs: 9 }),
    encodeServerMessage({ type: 'opened', request: 1, channel: 1, epoch: 'e', permission: 'write' }),
    encodeServerMessage({ type: 'open-refused', request: 1, code: 'forbidden', message: 'no' }),
    encodeServerMessage({ type: 'state', channel: 1, head: 9, total: 3, digest: 'd', stateVector: bytes }),
    encodeServerMessage({ type: 'piece', channel: 1, bytes }),
    encodeServerMessage({ type: 'push', channel: 1, from: 1, to: 2, bytes }),
    encodeServerMessage({ type: 'ack', channel: 1, counter: 1, seq: 2, through: 3 }),
    encodeServerMessage({ type: 'received', channel: 1, counter: 1 }),
    encodeServerMessage({ type: 'refused', channel: 1, counter: 2, code: 'malformed', message: 'no' }),
    encodeServerMessage({ type: 'awareness', channel: 1, bytes }),
    encodeServerMessage({ type: 'seeded', channel: 1, taken: true }),
    encodeServerMessage({ type: 'permission', channel: 1, permission: 'read' }),
    encodeServerMessage({ type: 'closed', channel: 1, code: 'forbidden', message: 'no' }),
    encodeServerMessage({ type: 'store', available: false, message: 'full' }),
    encodeServerMessage({ type: 'bye', code: 'draining', message: 'later', afterMs: 1, jitterMs: 2 }),
    encodeServerMessage({ type: 'beat' }),
  ],
  words: errorCodes.map(code => utf8.encode(code)),
  run: input => comesBack(input, decodeServerMessage, encodeServerMessage),
}

export const stockMessage: FuzzTarget = {
  name: 'stock-message',
  watched: ['packages/core/src/protocol/stock.ts', 'packages/core/src/base/byte-cursor.ts'],
  maxBytes: 100,
  pace: 60_000,
  seeds: () => [
    encodeSyncStep1(bytes),
    encodeSyncStep2(bytes),
    encodeStockUpdate(bytes),
    encodeStockAwareness(bytes),
    Uint8Array.of(3),
    encodeStockDenied('no'),
  ],
  run(input) {
    const decoded = decodeStockMessage(input)
    if (!decoded.ok || decoded.value.type === 'unknown') return
    const again = decodeStockMessage(encodeStock(decoded.value))
    check(again.ok && sameValue(again.value, decoded.value), 'what decodes is encoded to the same message')
  },
}

function encodeStock(message: Exclude<StockMessage, { type: 'unknown' }>): Uint8Array {
  switch (message.type) {
    case 'sync-step-1':
      return encodeSyncStep1(message.stateVector)
    case 'sync-step-2':
      return encodeSyncStep2(message.bytes)
    case 'update':
      return encodeStockUpdate(message.bytes)
    case 'awareness':
      return encodeStockAwareness(message.bytes)
    case 'query-awareness':
      return Uint8Array.of(3)
  }
}

/** Presence that passes is read alike by y-protocols, and hands no prototype to whoever copies it. */
export const awareness: FuzzTarget = {
  name: 'awareness',
  watched: ['packages/core/src/protocol/awareness.ts', 'packages/core/src/base/json-check.ts'],
  maxBytes: 300,
  pace: 20_000,
  seeds: () => [
    encodeAwareness([{ client: 7, clock: 3, state: '{"user":{"name":"Zoë"},"cursor":[1,2]}' }]),
    encodeAwareness([
      { client: 1, clock: 1, state: 'null' },
      { client: 2 ** 32 - 1, clock: 2 ** 40, state: '{}' },
    ]),
  ],
  words: ['"__proto__":', '\\u005f', '{"a":', '}', 'null', '[', ']'].map(word => utf8.encode(word)),
  run(input) {
    const decoded = decodeAwareness(input)
    comesBack(input, decodeAwareness, encodeAwareness)
    if (!decoded.ok) return
    const theirs = new awarenessProtocol.Awareness(quiet)
    try {
      theirs.states.clear()
      awarenessProtocol.applyAwarenessUpdate(theirs, input, null)
      for (const { client, state } of decoded.value) {
        const plain: unknown = JSON.parse(state)
        check(plain === null || (typeof plain === 'object' && !Array.isArray(plain)), 'a state is an object')
        const copy: unknown = Object.assign({}, theirs.states.get(client))
        check(Object.getPrototypeOf(copy) === Object.prototype, 'a copy of a state inherits nothing')
      }
      const known = new Set(decoded.value.map(({ client }) => client))
      for (const client of theirs.states.keys()) check(known.has(client), 'y-protocols reads the same clients')
    } finally {
      theirs.destroy()
    }
  },
}

const quiet = new Y.Doc()

/** A state vector that passes is the one Yjs reads. */
export const stateVector: FuzzTarget = {
  name: 'state-vector',
  watched: ['packages/core/src/document/state-vector.ts', 'packages/core/src/base/byte'],
  maxBytes: 100,
  pace: 60_000,
  seeds: () => [
    encodeStateVector(new Map()),
    encodeStateVector(
      new Map([
        [1, 2],
        [2 ** 32 - 1, 2 ** 50],
      ]),
    ),
  ],
  run(input) {
    comesBack(input, decodeStateVector, encodeStateVector)
    const decoded = decodeStateVector(input)
    if (decoded.ok) check(sameValue(Y.decodeStateVector(input), decoded.value), 'Yjs reads the same')
  },
}
