import { connect, type Socket } from 'node:net'
import {
  contentDigest,
  docDigest,
  encodeAwareness,
  encodeStockAwareness,
  encodeStockUpdate,
  encodeSyncStep1,
  encodeSyncStep2,
  equalBytes,
  noBytes,
} from '@tutti/core'
import { craftAny, craftGc, craftItem, craftText, craftType, craftUpdate } from '@tutti/core/testing'
import { createServer } from '@tutti/server'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import { type ServerProcess, startServerProcess } from '../support/spawn-server.ts'
import { openTempDir, tempDir } from '../support/temp-dir.ts'
import { GateUnderTest } from './gate-under-test.ts'
import { answerOf, nativeWire, openChannel, say, type StockWire, storedState, stockWire } from './raw-wire.ts'

// Every crafted attack once seen to break a Yjs relay, against a real server: it stays up, stores nothing, and an honest
// client beside the attacker notices nothing.

let server: ServerProcess
let removeData: () => Promise<void>

beforeAll(async () => {
  const data = await openTempDir('attacks')
  removeData = data.remove
  server = await startServerProcess({ dir: data.path, args: ['--log-level', 'silent'] })
})

afterAll(async () => {
  await server.kill()
  await removeData()
})

let names = 0
/** A document with a little honest text in it, and what the server holds of it. */
async function victim(): Promise<{ doc: string; wire: StockWire; honest: Y.Doc; before: Uint8Array }> {
  const doc = `victim ${++names}`
  const wire = await stockWire(server.wsUrl, doc)
  onTestFinished(() => wire.close())
  const honest = new Y.Doc()
  honest.clientID = 1000 + names
  honest.on('update', (update: Uint8Array) => wire.send(encodeStockUpdate(update)))
  await answerOf(wire)
  honest.getText('t').insert(0, 'honest')
  await stored(doc, honest)
  return { doc, wire, honest, before: await storedState(server.wsUrl, doc) }
}

/** Waits until the server holds what the replica holds. */
async function stored(doc: string, replica: Y.Doc): Promise<void> {
  const wanted = Y.encodeStateVector(replica)
  const wire = await stockWire(server.wsUrl, doc)
  onTestFinished(() => wire.close())
  const seen = new Y.Doc()
  Y.applyUpdate(seen, await answerOf(wire))
  while (!equalBytes(Y.encodeStateVector(seen), wanted)) {
    const message = await wire.next(heard => heard.type === 'update')
    Y.applyUpdate(seen, message.bytes)
  }
}

async function attacker(doc: string): Promise<StockWire> {
  const wire = await stockWire(server.wsUrl, doc)
  onTestFinished(() => wire.close())
  await answerOf(wire)
  return wire
}

/** The honest client goes on typing and is stored; the server is alive; and the document holds nothing else. */
async function unharmed({ doc, honest, before }: Awaited<ReturnType<typeof victim>>): Promise<void> {
  expect(equalBytes(await storedState(server.wsUrl, doc), before)).toBe(true)
  honest.getText('t').insert(honest.getText('t').length, ' and well')
  await stored(doc, honest)
  const read = new Y.Doc()
  Y.applyUpdate(read, await storedState(server.wsUrl, doc))
  expect(read.getText('t').toString()).toBe('honest and well')
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  expect(server.stdout.length).toBe(1)
}

const one = (client: number, clock: number, ...structs: Uint8Array[]) => craftUpdate([{ client, clock, structs }])

/** Sends bytes as an update and as an answer to sync, each on a connection of its own; waits until they are dealt with. */
async function dealtWith(doc: string, ...updates: readonly Uint8Array[]): Promise<void> {
  for (const encode of [encodeStockUpdate, encodeSyncStep2]) {
    const wire = await attacker(doc)
    wire.send(...updates.map(encode))
    await Promise.race([answerOf(wire).catch(() => {}), wire.closed])
  }
}

describe('updates', () => {
  test('[UPD10] P4: an update whose forerunner was dropped is not stored, and both come when asked again', async () => {
    const { doc } = await victim()
    const wire = await attacker(doc)
    const author = new Y.Doc()
    const edits: Uint8Array[] = []
    author.on('update', (update: Uint8Array) => edits.push(update))
    author.getMap('m').set('x', 1)
    author.getMap('m').set('y', 2)
    const asked = (): Promise<unknown> => wire.next(message => message.type === 'sync-step-1')
    await asked()
    wire.send(encodeStockUpdate(edits[1] as Uint8Array))
    await asked()
    const beside = await attacker(doc)
    wire.send(encodeSyncStep2(Y.encodeStateAsUpdate(author)))
    await beside.next(message => message.type === 'update')
    const read = new Y.Doc()
    Y.applyUpdate(read, await storedState(server.wsUrl, doc))
    expect(read.getMap('m').toJSON()).toEqual({ x: 1, y: 2 })
  })

  test('[UPD10] P5: 8,000 updates of 9 bytes that wait for ever are neither kept nor costly', async () => {
    const target = await victim()
    for (const client of [() => 77, (i: number) => 2 ** 20 + i]) {
      const wire = await attacker(target.doc)
      const from = performance.now()
      for (let i = 0; i < 8_000; i++) wire.send(encodeStockUpdate(one(client(i), 5 + 2 * i, craftGc(1))))
      await answerOf(wire)
      expect(performance.now() - from).toBeLessThan(5_000)
    }
    await dealtWith(target.doc, craftUpdate([], [{ client: 77, ranges: [[5, 1]] }]))
    await unharmed(target)
  })

  test('[UPD10] P6: the future of a client cannot be deleted', async () => {
    const target = await victim()
    await dealtWith(target.doc, craftUpdate([], [{ client: target.honest.clientID, ranges: [[6, 2 ** 40]] }]))
    await unharmed(target)
  })

  test('[UPD10] P7: nobody writes as somebody else who is connected', async () => {
    const target = await victim()
    const { clientID } = target.honest
    await dealtWith(target.doc, one(clientID, 6, craftText('hijacked', { origin: [clientID, 5] })))
    await dealtWith(target.doc, craftUpdate([{ client: clientID, clock: 6, structs: [craftGc(50)] }]))
    const native = await nativeWire(server.wsUrl)
    onTestFinished(() => native.close())
    const { channel } = await openChannel(native, target.doc)
    const bytes = one(clientID, 6, craftText('hijacked', { origin: [clientID, 5] }))
    say(native, { type: 'update', channel, counter: 1, base: 0, resync: false, bytes })
    const refused = await native.next(message => message.type === 'refused')
    expect(refused).toMatchObject({ counter: 1, code: 'identity' })
    await unharmed(target)
  })

  test('[UPD10] P8: a second connection with the same client id adds nothing to it', async () => {
    const target = await victim()
    await dealtWith(target.doc, one(target.honest.clientID, 0, craftText('COLLISION')))
    await unharmed(target)
  })

  test('[UPD10] P9: what equal state vectors hide the digest of content shows', () => {
    const docs = ['AAAA', 'BBAA'].map(text => {
      const doc = new Y.Doc()
      doc.clientID = 9
      doc.getText('t').insert(0, text)
      return doc
    }) as [Y.Doc, Y.Doc]
    expect(docDigest(docs[0])).toBe(docDigest(docs[1]))
    expect(contentDigest(docs[0])).not.toBe(contentDigest(docs[1]))
  })

  test('[UPD10] P10: initial content is taken once, whoever brings it', async () => {
    const doc = `seeded ${++names}`
    const template = (client: number) => one(client, 0, craftText('Template'))
    const wires = await Promise.all([1, 2, 3].map(() => nativeWire(server.wsUrl)))
    const taken = await Promise.all(
      wires.map(async (wire, i) => {
        onTestFinished(() => wire.close())
        const { channel } = await openChannel(wire, doc)
        say(wire, { type: 'seed', channel, bytes: template(50 + i) })
        return (await wire.next(message => message.type === 'seeded')).taken
      }),
    )
    expect(taken.filter(Boolean)).toHaveLength(1)
    const read = new Y.Doc()
    do Y.applyUpdate(read, await storedState(server.wsUrl, doc))
    while (read.store.clients.size === 0)
    expect(read.getText('t').toString()).toBe('Template')
  })

  test('[UPD10] P11: a client of another past is not let in', async () => {
    const target = await victim()
    const native = await nativeWire(server.wsUrl)
    onTestFinished(() => native.close())
    await expect(openChannel(native, target.doc, 0, 'another')).rejects.toThrow(/epoch-mismatch/)
    await unharmed(target)
  })

  test('[UPD10] P13: of an update that fails halfway nothing is kept', async () => {
    const target = await victim()
    const good = craftText('good')
    await dealtWith(target.doc, one(70, 0, good, craftItem(4, Uint8Array.of(2, 0xc3, 0x28))))
    await dealtWith(target.doc, one(70, 0, good, craftItem(5, Uint8Array.of(1, 0x7b))))
    await dealtWith(target.doc, one(70, 0, good, craftItem(9, Uint8Array.of(1, 97, 126))))
    await dealtWith(target.doc, one(70, 0, good).subarray(0, 9))
    await unharmed(target)
  })

  test('[UPD10] P14: V2 bombs of a few bytes are not unpacked', async () => {
    const target = await victim()
    const bombs = [bombV2(1_000_000, 1), bombV2(3, 2 ** 31), Y.encodeStateAsUpdateV2(target.honest)]
    expect((bombs[0] as Uint8Array).length).toBeLessThan(80)
    const rss = await memoryMb()
    for (const bomb of bombs) await dealtWith(target.doc, bomb)
    expect((await memoryMb()) - rss).toBeLessThan(100)
    await unharmed(target)
  })

  test('[UPD10] P15: an update with a crowd of made-up clients is refused', async () => {
    const target = await victim()
    for (const count of [1_001, 60_000]) {
      const crowd = Array.from({ length: count }, (_, i) => ({ client: 2 ** 31 - i, clock: 0, structs: [craftGc(1)] }))
      const wire = await attacker(target.doc)
      wire.send(encodeStockUpdate(craftUpdate(crowd)))
      await wire.closed
    }
    await unharmed(target)
  })

  test('[UPD10] P17: what nests too deeply to be loaded again is refused', async () => {
    const target = await victim()
    const nested = (depth: number) =>
      one(
        60,
        0,
        ...Array.from({ length: depth }, (_, i) => craftType(1, { key: 'k', parent: i === 0 ? 'm' : [60, i - 1] })),
      )
    const arrays = (depth: number) =>
      craftAny([Uint8Array.from([...Array<number[]>(depth).fill([117, 1]).flat(), 126])])
    await dealtWith(target.doc, nested(101))
    await dealtWith(target.doc, nested(2_500))
    await dealtWith(target.doc, one(60, 0, arrays(5_000)))
    await dealtWith(target.doc, one(60, 0, craftItem(5, json('['.repeat(9_000) + ']'.repeat(9_000)))))
    await unharmed(target)
  })

  test('[UPD10] P18: names that reach into prototypes are refused, in content and in presence', async () => {
    const target = await victim()
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      await dealtWith(target.doc, one(60, 0, craftText('x', { parent: name })))
      await dealtWith(target.doc, one(60, 0, craftAny([Uint8Array.of(120)], { parent: 'm', key: name })))
      await dealtWith(target.doc, one(60, 0, craftItem(5, json(`{"${name}":{"isAdmin":true}}`))))
    }
    const wire = await attacker(target.doc)
    for (const key of ['__proto__', '\\u005f_proto__']) {
      wire.send(encodeStockAwareness(encodeAwareness([{ client: 60, clock: 1, state: `{"${key}":{"isAdmin":true}}` }])))
    }
    expect((await wire.closed).code).toBe(4422)
    expect(target.wire.heard.some(message => message.type === 'awareness' && message.bytes.length > 3)).toBe(false)
    await unharmed(target)
  })
})

describe('messages', () => {
  test('[UPD10] P16: a state vector of a million entries ends its connection', async () => {
    const target = await victim()
    const bomb = encoding.encode(encoder => {
      encoding.writeVarUint(encoder, 1_000_000)
      for (let i = 0; i < 1_000_000; i++) {
        encoding.writeVarUint(encoder, i)
        encoding.writeVarUint(encoder, 1)
      }
    })
    const wire = await attacker(target.doc)
    wire.send(encodeSyncStep1(bomb))
    expect((await wire.closed).code).toBe(4413)
    await unharmed(target)
  })

  test('[UPD10] N1: broken WebSocket frames end their connection and nothing else', async () => {
    const target = await victim()
    const frames = {
      RSV1: [0xc2, 0x80, 0, 0, 0, 0],
      'a length of 4 GiB': [0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
      'no mask': [0x82, 0x01, 0x00],
      'a bad opcode': [0x83, 0x80, 0, 0, 0, 0],
      'a fragmented ping': [0x09, 0x80, 0, 0, 0, 0],
      'text that is no UTF-8': [0x81, 0x82, 0, 0, 0, 0, 0xff, 0xff],
      'a close of one byte': [0x88, 0x81, 0, 0, 0, 0, 0],
      'a continuation of nothing': [0x80, 0x80, 0, 0, 0, 0],
    }
    for (const [name, frame] of Object.entries(frames)) {
      const socket = await upgraded(target.doc)
      const ended = new Promise<void>(resolve => socket.once('close', () => resolve()))
      socket.write(Uint8Array.from(frame))
      await ended
      expect(socket.destroyed, name).toBe(true)
    }
    const cut = await upgraded(target.doc)
    cut.write(Uint8Array.of(0x82, 0xfe, 0xff))
    cut.resetAndDestroy()
    await unharmed(target)
  })

  test('[UPD10] N2: a hook that throws refuses its own client only', async () => {
    const throws = (): never => {
      throw new Error('broken hook')
    }
    for (const hooks of [
      { identify: throws, permit: throws },
      { identify: async () => await Promise.reject(new Error('broken hook')), permit: throws },
      { identify: () => ({ subject: 'a' }), permit: throws },
      { identify: () => ({ subject: 'a' }), permit: async () => await Promise.reject(new Error('broken hook')) },
    ]) {
      const small = await createServer({ port: 0, data: await tempDir('hooks'), logLevel: 'silent', authorize: hooks })
      onTestFinished(() => small.close())
      const url = small.url.replace('http', 'ws')
      const stock = await stockWire(url, 'a')
      expect((await stock.closed).code).toBeGreaterThanOrEqual(4400)
      const native = await nativeWire(url).catch(() => null)
      if (native !== null) {
        await expect(openChannel(native, 'a')).rejects.toBeInstanceOf(Error)
        say(native, { type: 'auth', token: 'x' })
        await native.close()
      }
      expect((await fetch(`${small.url}/healthz`)).status).toBe(200)
    }
  })

  test('[UPD10] N3: who never reads what he asks for is cut off before he costs much', async () => {
    const target = await victim()
    const big = new Y.Doc()
    big.getText('big').insert(0, 'x'.repeat(1_000_000))
    const writer = await attacker(`big ${target.doc}`)
    writer.send(encodeStockUpdate(Y.encodeStateAsUpdate(big)))
    await stored(`big ${target.doc}`, big)
    const rss = await memoryMb()
    const deaf = await attacker(`big ${target.doc}`)
    deaf.socket.pause()
    for (let i = 0; i < 200; i++) deaf.send(encodeSyncStep1(Uint8Array.of(0)))
    await unharmed(target)
    expect((await memoryMb()) - rss).toBeLessThan(150)
  })

  test('[UPD10] N4: compression is not negotiated, and nothing too large or in too many pieces is gathered', async () => {
    const target = await victim()
    const offering = new WebSocket(`${server.wsUrl}/x`, { perMessageDeflate: true })
    await new Promise(resolve => offering.once('open', resolve))
    expect(offering.extensions).toBe('')
    offering.terminate()
    const rss = await memoryMb()
    const wire = await attacker(target.doc)
    wire.send(new Uint8Array(9 * 1024 * 1024))
    // 1009, unless the connection is cut before that is said.
    expect([1009, 1006]).toContain((await wire.closed).code)
    const socket = await upgraded(target.doc)
    const ended = new Promise<void>(resolve => socket.once('close', () => resolve()))
    const pieces = Buffer.alloc(7 * 20_000)
    for (let i = 0; i < 20_000; i++) pieces.set([i === 0 ? 0x02 : 0x00, 0x81, 0, 0, 0, 0, 1], i * 7)
    socket.write(pieces)
    await ended
    expect((await memoryMb()) - rss).toBeLessThan(100)
    await unharmed(target)
  })

  test('[UPD10] N9: ghosts and huge presences stay with whoever sends them', async () => {
    const target = await victim()
    const ghosts = await attacker(target.doc)
    for (let from = 0; from < 5_000; from += 250) {
      const entries = Array.from({ length: 250 }, (_, i) => ({
        client: 10_000 + from + i,
        clock: 1,
        state: '{"ghost":true}',
      }))
      ghosts.send(encodeStockAwareness(encodeAwareness(entries)))
    }
    await answerOf(ghosts)
    const late = await attacker(target.doc)
    late.send(Uint8Array.of(3))
    const presence = await late.next(message => message.type === 'awareness')
    expect(presence.bytes.length).toBeLessThan(2_000)
    const huge = await attacker(target.doc)
    huge.send(encodeStockAwareness(encodeAwareness([{ client: 1, clock: 1, state: `{"a":"${'x'.repeat(20_000)}"}` }])))
    expect((await huge.closed).code).toBe(4422)
    const crowd = await attacker(target.doc)
    crowd.send(encodeStockAwareness(encoding.encode(encoder => encoding.writeVarUint(encoder, 100_000))))
    expect((await crowd.closed).code).toBe(4422)
    await ghosts.close()
    await unharmed(target)
  })
})

describe('in the gate', () => {
  test('[UPD10] P5, P6, P13, P15, P17, P18 leave no trace in the state', () => {
    const gate = new GateUnderTest()
    expect(gate.offer(one(1, 0, craftText('honest'))).kind).toBe('new')
    const hostile = [
      one(1, 9, craftGc(1)),
      craftUpdate([], [{ client: 1, ranges: [[0, 2 ** 40]] }]),
      one(2, 0, craftText('ok'), craftItem(4, Uint8Array.of(1, 0xff))),
      craftUpdate(Array.from({ length: 1_001 }, (_, i) => ({ client: 5_000 - i, clock: 0, structs: [craftGc(1)] }))),
      one(2, 0, craftAny([Uint8Array.of(126)], { parent: '__proto__' })),
      noBytes,
    ]
    for (const bytes of hostile) {
      for (const takePart of [false, true]) expect(['refused', 'part']).toContain(gate.offer(bytes, { takePart }).kind)
    }
  })
})

function json(text: string): Uint8Array {
  return encoding.encode(encoder => encoding.writeVarString(encoder, text))
}

/** So many collected structs in V2, whose run lengths make them a handful of bytes. */
function bombV2(count: number, length: number): Uint8Array {
  const encoder = new Y.UpdateEncoderV2()
  encoding.writeVarUint(encoder.restEncoder, 1)
  encoding.writeVarUint(encoder.restEncoder, count)
  encoder.writeClient(7)
  encoding.writeVarUint(encoder.restEncoder, 0)
  for (let i = 0; i < count; i++) {
    encoder.writeInfo(0)
    encoder.writeLen(length)
  }
  encoding.writeVarUint(encoder.restEncoder, 0)
  return encoder.toUint8Array()
}

/** A TCP connection just past its upgrade, for frames no library would write. */
async function upgraded(doc: string): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  socket.write(
    `GET /${encodeURIComponent(doc)} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await new Promise<void>(resolve => socket.once('data', () => resolve()))
  return socket
}

async function memoryMb(): Promise<number> {
  const { readFile } = await import('node:fs/promises')
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}
