import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { crc32 } from '../base/crc32.ts'
import { encodeAwareness } from './awareness.ts'
import {
  clientTag,
  decodeClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  encodeServerMessage,
  serverTag,
} from './codec.ts'
import type { ClientMessage, ServerMessage } from './message.ts'
import {
  decodeStockMessage,
  encodeStockAwareness,
  encodeStockDenied,
  encodeStockUpdate,
  encodeSyncStep1,
  encodeSyncStep2,
} from './stock.ts'
import { protocolVersion } from './version.ts'

const bytes = Uint8Array.of(1, 2, 3)

/** One of each, every field different from its neighbours. */
const client: { readonly [Type in ClientMessage['type']]: readonly [ClientMessage & { type: Type }, string] } = {
  hello: [
    { type: 'hello', version: 1, device: 'dev', session: 'ses', agent: 'tutti/0.1', token: 'é' },
    '0101036465760373657309747574' + '74692f302e3102c3a9',
  ],
  auth: [{ type: 'auth', token: 'tok' }, '0203746f6b'],
  open: [
    { type: 'open', request: 1, doc: 'a/b', epoch: 'ep', position: 300, stateVector: bytes, client: 2 ** 32 - 1 },
    '030103612f62026570ac0203010203ffffffff0f',
  ],
  close: [{ type: 'close', channel: 200 }, '04c801'],
  update: [{ type: 'update', channel: 4, counter: 5, base: 6, resync: true, bytes }, '0504050601010203'],
  awareness: [{ type: 'awareness', channel: 4, bytes }, '0604010203'],
  seen: [{ type: 'seen', channel: 4, position: 2 ** 40 }, '0704808080808020'],
  seed: [{ type: 'seed', channel: 4, bytes }, '0804010203'],
  reconcile: [{ type: 'reconcile', channel: 4, stateVector: bytes }, '0904010203'],
  beat: [{ type: 'beat' }, '0a'],
}

const server: { readonly [Type in ServerMessage['type']]: readonly [ServerMessage & { type: Type }, string] } = {
  welcome: [
    { type: 'welcome', version: 1, server: 'srv', maxUpdateBytes: 8_388_608, beatMs: 20_000 },
    '400103737276808080' + '04a09c01',
  ],
  opened: [{ type: 'opened', request: 1, channel: 2, epoch: 'ep', permission: 'write' }, '41010202657001'],
  'open-refused': [
    { type: 'open-refused', request: 1, code: 'forbidden', message: 'no' },
    '420109666f7262696464656e026e6f',
  ],
  state: [{ type: 'state', channel: 4, head: 5, total: 6, digest: 'd1', stateVector: bytes }, '43040506026431010203'],
  piece: [{ type: 'piece', channel: 4, bytes }, '4404010203'],
  push: [{ type: 'push', channel: 4, from: 5, to: 6, bytes }, '45040506010203'],
  ack: [{ type: 'ack', channel: 4, counter: 5, seq: 6, through: 7 }, '4604050607'],
  received: [{ type: 'received', channel: 4, counter: 5 }, '470405'],
  refused: [
    { type: 'refused', channel: 4, counter: 5, code: 'malformed', message: 'no' },
    '480405096d616c666f726d6564026e6f',
  ],
  awareness: [{ type: 'awareness', channel: 4, bytes }, '4904010203'],
  seeded: [{ type: 'seeded', channel: 4, taken: true }, '4a0401'],
  permission: [{ type: 'permission', channel: 4, permission: 'read' }, '4b0400'],
  closed: [{ type: 'closed', channel: 4, code: 'forbidden', message: 'no' }, '4c0409666f7262696464656e026e6f'],
  store: [{ type: 'store', available: false, message: 'full' }, '4d000466756c6c'],
  bye: [
    { type: 'bye', code: 'draining', message: 'no', afterMs: 500, jitterMs: 2000 },
    '4e08647261696e696e67026e6ff403d00f',
  ],
  beat: [{ type: 'beat' }, '4f'],
  expiring: [{ type: 'expiring', inMs: 30_000 }, '50b0ea01'],
}

describe('golden bytes', () => {
  test.each(Object.values(client))('[WIRE1] $type, from a client', (message, hex) => {
    expect(toHex(encodeClientMessage(message))).toBe(hex)
    expect(decodeClientMessage(encodeClientMessage(message))).toEqual({ ok: true, value: message })
  })

  test.each(Object.values(server))('[WIRE1] $type, from a server', (message, hex) => {
    expect(toHex(encodeServerMessage(message))).toBe(hex)
    expect(decodeServerMessage(encodeServerMessage(message))).toEqual({ ok: true, value: message })
  })

  test('[WIRE1] the stock dialect, as y-websocket writes it', () => {
    const golden = [
      [encodeSyncStep1(bytes), '000003010203', { type: 'sync-step-1', stateVector: bytes }],
      [encodeSyncStep2(bytes), '000103010203', { type: 'sync-step-2', bytes }],
      [encodeStockUpdate(bytes), '000203010203', { type: 'update', bytes }],
      [encodeStockAwareness(bytes), '0103010203', { type: 'awareness', bytes }],
      [encodeStockDenied('no'), '0200026e6f', { type: 'unknown' }],
      [Uint8Array.of(3), '03', { type: 'query-awareness' }],
    ] as const
    for (const [frame, hex, message] of golden) {
      expect(toHex(frame)).toBe(hex)
      expect(decodeStockMessage(frame)).toEqual({ ok: true, value: message })
    }
    expect(toHex(encodeAwareness([{ client: 300, clock: 2, state: '{"a":1}' }]))).toBe('01ac0202077b2261223a317d')
  })
})

describe('the version', () => {
  test('[WIRE1] a wire that changed has a new version', () => {
    const wire = [...Object.values(client), ...Object.values(server)]
      .map(([{ type }, hex]) => `${type} ${hex}`)
      .join('\n')
    const hash = crc32(new TextEncoder().encode(wire)).toString(16)
    // One line for each version there ever was: when this fails, raise `protocolVersion` and add the next; only a message
    // that older peers skip may join a version that is there.
    const wires: Record<number, string> = { 1: '59c8e4d4' }
    expect({ version: protocolVersion, hash }).toEqual({ version: protocolVersion, hash: wires[protocolVersion] })
  })

  test('[WIRE4] PROTOCOL.md names every message with its tag, and none that is not there', () => {
    const page = readFileSync(new URL('../../../../PROTOCOL.md', import.meta.url), 'utf8')
    const [native = '', stock = ''] = page.split('\n## Stock')
    const rows = [...native.matchAll(/^\| (\d+) \| ([a-z-]+) \|/gm)].map(([, tag, type]) => `${tag} ${type}`)
    const tags = [...Object.entries(clientTag), ...Object.entries(serverTag)].map(([type, tag]) => `${tag} ${type}`)
    expect(rows).toEqual(tags)
    expect(new Set(Object.values(clientTag)).size).toBe(Object.keys(clientTag).length)
    expect(new Set(Object.values(serverTag)).size).toBe(Object.keys(serverTag).length)
    expect(native).toContain(`## Native, version ${protocolVersion}`)
    for (const row of ['`0 0 block`', '`0 1 block`', '`0 2 block`', '`1 block`', '`2 0 string`', '`3`']) {
      expect(stock).toContain(`| ${row} |`)
    }
  })
})
