import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../base/error.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import { type AwarenessEntry, decodeAwareness, encodeAwareness } from './awareness.ts'
import { decodeClientMessage, decodeServerMessage, encodeClientMessage, encodeServerMessage } from './codec.ts'
import { protocolLimits } from './limits.ts'
import type { ClientMessage, ServerMessage } from './message.ts'
import {
  decodeStockMessage,
  encodeStockAwareness,
  encodeStockUpdate,
  encodeSyncStep1,
  encodeSyncStep2,
  type StockMessage,
} from './stock.ts'

const runs = process.env['TUTTI_SCALE'] === 'ci' ? 20_000 : 1_000

const uint = fc.oneof(fc.nat(300), fc.maxSafeNat())
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const bytes = fc.uint8Array({ maxLength: 40 })
const code = fc.constantFrom(...errorCodes)
const permission = fc.constantFrom('read' as const, 'write' as const)
const channel = uint
const flag = fc.boolean()
const is = <T extends string>(type: T) => fc.constant(type)

const clientMessages: { readonly [T in ClientMessage['type']]: fc.Arbitrary<ClientMessage & { type: T }> } = {
  hello: fc.record({ type: is('hello'), version: uint, device: text, session: text, agent: text, token: text }),
  auth: fc.record({ type: is('auth'), token: text }),
  open: fc.record({
    type: is('open'),
    request: uint,
    doc: text,
    epoch: text,
    position: uint,
    stateVector: bytes,
    client: uint,
  }),
  close: fc.record({ type: is('close'), channel }),
  update: fc.record({ type: is('update'), channel, counter: uint, base: uint, resync: flag, bytes }),
  awareness: fc.record({ type: is('awareness'), channel, bytes }),
  seen: fc.record({ type: is('seen'), channel, position: uint }),
  seed: fc.record({ type: is('seed'), channel, bytes }),
  reconcile: fc.record({ type: is('reconcile'), channel, stateVector: bytes }),
  beat: fc.record({ type: is('beat') }),
}

const serverMessages: { readonly [T in ServerMessage['type']]: fc.Arbitrary<ServerMessage & { type: T }> } = {
  welcome: fc.record({ type: is('welcome'), version: uint, server: text, maxUpdateBytes: uint, beatMs: uint }),
  opened: fc.record({ type: is('opened'), request: uint, channel, epoch: text, permission }),
  'open-refused': fc.record({ type: is('open-refused'), request: uint, code, message: text }),
  state: fc.record({ type: is('state'), channel, head: uint, total: uint, digest: text, stateVector: bytes }),
  piece: fc.record({ type: is('piece'), channel, bytes }),
  push: fc.record({ type: is('push'), channel, from: uint, to: uint, bytes }),
  ack: fc.record({ type: is('ack'), channel, counter: uint, seq: uint, through: uint }),
  received: fc.record({ type: is('received'), channel, counter: uint }),
  refused: fc.record({ type: is('refused'), channel, counter: uint, code, message: text }),
  awareness: fc.record({ type: is('awareness'), channel, bytes }),
  seeded: fc.record({ type: is('seeded'), channel, taken: flag }),
  permission: fc.record({ type: is('permission'), channel, permission }),
  closed: fc.record({ type: is('closed'), channel, code, message: text }),
  store: fc.record({ type: is('store'), available: flag, message: text }),
  bye: fc.record({ type: is('bye'), code, message: text, afterMs: uint, jitterMs: uint }),
  beat: fc.record({ type: is('beat') }),
  expiring: fc.record({ type: is('expiring'), inMs: uint }),
}

const anyClient = fc.oneof(...(Object.values(clientMessages) as fc.Arbitrary<ClientMessage>[]))
const anyServer = fc.oneof(...(Object.values(serverMessages) as fc.Arbitrary<ServerMessage>[]))

/** Bytes of a message with some of them changed, cut off or added. */
function damaged(messages: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(messages, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(4), bytes)
    .map(([whole, flips, cut, more]) => {
      const out = Uint8Array.from([...whole.subarray(0, Math.max(0, whole.length - cut)), ...(cut === 0 ? more : [])])
      for (const [at, byte] of flips) if (out.length > 0) out[at % out.length] = byte
      return out
    })
}

describe('the native dialect', () => {
  test('[WIRE2] what is encoded decodes to the same message', () => {
    fc.assert(
      fc.property(anyClient, message => {
        expect(decodeClientMessage(encodeClientMessage(message))).toEqual({ ok: true, value: message })
      }),
      { numRuns: runs },
    )
    fc.assert(
      fc.property(anyServer, message => {
        expect(decodeServerMessage(encodeServerMessage(message))).toEqual({ ok: true, value: message })
      }),
      { numRuns: runs },
    )
  })

  test('[WIRE3] random, damaged and cut messages are messages or failures', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, damaged(anyClient.map(encodeClientMessage))), frame => {
        const decoded = decodeClientMessage(frame)
        if (decoded.ok) expect(decodeClientMessage(encodeClientMessage(decoded.value))).toEqual(decoded)
        else expect(decoded.error.code).toBe('bad-message')
      }),
      { numRuns: runs },
    )
    fc.assert(
      fc.property(fc.oneof(bytes, damaged(anyServer.map(encodeServerMessage))), frame => {
        const decoded = decodeServerMessage(frame)
        if (decoded.ok) expect(decodeServerMessage(encodeServerMessage(decoded.value))).toEqual(decoded)
        else expect(decoded.error.code).toBe('bad-message')
      }),
      { numRuns: runs },
    )
  })

  test('[WIRE3] a message of fixed length that goes on is none, and a code nobody knows reads as "internal"', () => {
    expect(decodeClientMessage(Uint8Array.of(10, 0)).ok).toBe(false)
    expect(decodeClientMessage(new Uint8Array(0)).ok).toBe(false)
    expect(decodeClientMessage(Uint8Array.of(5, 1, 1, 1, 2)).ok).toBe(false)
    const refused = new ByteWriter().byte(72).uint(1).uint(2).string('of-tomorrow').string('').bytes()
    expect(decodeServerMessage(refused)).toMatchObject({ ok: true, value: { code: 'internal' } })
  })
})

describe('the stock dialect', () => {
  const stock: fc.Arbitrary<readonly [Uint8Array, StockMessage]> = fc.oneof(
    bytes.map(stateVector => [encodeSyncStep1(stateVector), { type: 'sync-step-1' as const, stateVector }] as const),
    bytes.map(update => [encodeSyncStep2(update), { type: 'sync-step-2' as const, bytes: update }] as const),
    bytes.map(update => [encodeStockUpdate(update), { type: 'update' as const, bytes: update }] as const),
    bytes.map(update => [encodeStockAwareness(update), { type: 'awareness' as const, bytes: update }] as const),
  )

  test('[WIRE2] what is encoded decodes to the same message', () => {
    fc.assert(
      fc.property(stock, ([frame, message]) => {
        expect(decodeStockMessage(frame)).toEqual({ ok: true, value: message })
      }),
      { numRuns: runs },
    )
  })

  test('[WIRE3] random, damaged and cut frames are messages or failures', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, damaged(stock.map(([frame]) => frame))), frame => {
        decodeStockMessage(frame)
      }),
      { numRuns: runs },
    )
  })
})

describe('presence', () => {
  const entries: fc.Arbitrary<AwarenessEntry[]> = fc.array(
    fc.record({
      client: fc.nat(2 ** 31),
      clock: uint,
      state: fc.oneof(
        fc.constant('null'),
        fc.dictionary(text, fc.jsonValue({ maxDepth: 3 })).map(state => JSON.stringify(state)),
      ),
    }),
    { maxLength: 5 },
  )

  test('[AWR1] [WIRE2] what is encoded decodes to the same', () => {
    fc.assert(
      fc.property(entries, all => {
        if (all.some(({ state }) => state.includes('__proto__'))) return
        expect(decodeAwareness(encodeAwareness(all))).toEqual({ ok: true, value: all })
      }),
      { numRuns: runs },
    )
  })

  test('[AWR1] [WIRE3] whatever the bytes, it is presence or a failure', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, damaged(entries.map(encodeAwareness))), frame => {
        const decoded = decodeAwareness(frame)
        if (!decoded.ok) return
        for (const { state } of decoded.value) expect(typeof JSON.parse(state)).toBe('object')
      }),
      { numRuns: runs },
    )
  })

  test('[AWR1] only plain objects: no arrays, no words, no prototypes, no depths', () => {
    const one = (state: string) => decodeAwareness(encodeAwareness([{ client: 1, clock: 1, state }])).ok
    for (const state of ['null', '{}', '{"user":{"name":"Zoë","color":"#fff"},"cursor":null}'])
      expect(one(state)).toBe(true)
    for (const state of [
      '',
      '[]',
      '1',
      '"x"',
      'true',
      'nul',
      '{',
      '{}{}',
      '{"__proto__":{}}',
      '{"a":{"\\u005f_proto__":1}}',
    ]) {
      expect(one(state), state).toBe(false)
    }
    expect(one(`{"a":${'['.repeat(60)}${']'.repeat(60)}}`)).toBe(true)
    expect(one(`{"a":${'['.repeat(4000)}${']'.repeat(4000)}}`)).toBe(false)
  })

  test('[AWR1] limits on entries and on the bytes of each', () => {
    const { maxAwarenessEntries, maxAwarenessStateBytes } = protocolLimits
    const many = (count: number) => Array.from({ length: count }, (_, client) => ({ client, clock: 1, state: '{}' }))
    expect(decodeAwareness(encodeAwareness(many(maxAwarenessEntries))).ok).toBe(true)
    expect(decodeAwareness(encodeAwareness(many(maxAwarenessEntries + 1)))).toMatchObject({
      error: { code: 'over-limit' },
    })
    const big = (length: number, letter: string) => [{ client: 1, clock: 1, state: `{"a":"${letter.repeat(length)}"}` }]
    expect(decodeAwareness(encodeAwareness(big(maxAwarenessStateBytes - 8, 'a'))).ok).toBe(true)
    expect(decodeAwareness(encodeAwareness(big(maxAwarenessStateBytes - 7, 'a')))).toMatchObject({
      error: { code: 'over-limit' },
    })
    expect(decodeAwareness(encodeAwareness(big(maxAwarenessStateBytes / 2, '日'))).ok).toBe(false)
    expect(decodeAwareness(encodeAwareness([{ client: 2 ** 32, clock: 1, state: '{}' }])).ok).toBe(false)
  })
})
