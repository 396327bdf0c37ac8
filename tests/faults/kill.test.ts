import { setTimeout as sleep } from 'node:timers/promises'
import { decodeStockMessage } from '@tutti/core'
import { randomEdit, seededRandom, type SeededRandom } from '@tutti/core/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { quantile, tellFigures } from '../support/figures.ts'
import { lacking, NativeClient } from '../support/native-client.ts'
import { rounds } from '../support/scale.ts'
import { type ServerProcess, spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const name = 'song'
/** Compaction runs all the time, so that kills meet it, too. */
const args = ['--sweep-ms', '100', '--compact-after-entries', '60', '--log-level', 'warn']

/** A y-websocket client that remembers what it was shown, as it came: what its own `Y.Doc` makes of it is its own. */
function stockClient(wsUrl: string): { doc: Y.Doc; provider: WebsocketProvider; seen: Uint8Array[] } {
  const doc = new Y.Doc()
  const seen: Uint8Array[] = []
  class Witness extends WebSocket {
    constructor(url: string) {
      super(url)
      this.on('message', data => {
        const message = decodeStockMessage(new Uint8Array(data as ArrayBuffer))
        if (!message.ok) throw new Error(message.error.message)
        if (message.value.type === 'update' || message.value.type === 'sync-step-2')
          seen.push(message.value.bytes.slice())
      })
    }
  }
  const provider = new WebsocketProvider(wsUrl, name, doc, {
    WebSocketPolyfill: Witness as never,
    disableBc: true,
    connect: false,
    maxBackoffTime: 100,
  })
  onTestFinished(() => provider.destroy())
  return { doc, provider, seen }
}

/** Edits at its own pace until told to stop. */
async function write(doc: Y.Doc, random: SeededRandom, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    randomEdit(doc, random)
    await sleep(1 + random.int(6))
  }
}

/** What the server has, seen by somebody who brings nothing. */
async function stateOf(server: ServerProcess): Promise<Y.Doc> {
  const witness = new NativeClient('witness')
  await witness.connect(server.wsUrl, name)
  await witness.leave()
  return witness.doc
}

/** When something new was first acknowledged, in a document of its own: the others wait to be looked at as they are. */
async function firstAck(server: ServerProcess): Promise<number> {
  const client = new NativeClient('pulse')
  await client.connect(server.wsUrl, 'pulse')
  client.doc.getText('t').insert(0, '!')
  await client.settled()
  await client.leave()
  return client.ackedTicks
}

describe('a server that is killed', () => {
  const cycles = rounds(5, 100)

  test(`[SRV7] ${cycles} times kill -9 in the middle of writing: nothing acknowledged is lost, nor anything another client saw`, {
    timeout: 60_000 + cycles * 6_000,
  }, async () => {
    const dir = await tempDir('kill')
    const random = seededRandom(20_26)
    let server = await spawnServer({ dir, args })
    const { port } = server
    const natives = Array.from({ length: 5 }, (_, i) => new NativeClient(`native-${i}`))
    const stocks = [stockClient(server.wsUrl), stockClient(server.wsUrl)]
    const firstAckMs: number[] = []
    let promised = 0
    let shown = 0
    let lost = 0
    let lostOfOthers = 0
    for (let cycle = 0; cycle < cycles; cycle++) {
      await Promise.all(natives.map(client => client.connect(server.wsUrl, name)))
      for (const { provider } of stocks) provider.connect()
      let isOver = false
      const docs = [...natives, ...stocks].map(({ doc }) => doc)
      const writing = docs.map((doc, i) => write(doc, seededRandom(cycle * 100 + i), () => isOver))
      await sleep(100 + random.int(400))
      const killed = server.kill()
      for (const { provider } of stocks) provider.disconnect()
      await killed
      await Promise.all(natives.map(client => client.gone))
      isOver = true
      await Promise.all(writing)

      const began = performance.now()
      server = await spawnServer({ dir, port, args })
      firstAckMs.push((await firstAck(server)) - began)
      const state = await stateOf(server)
      const acknowledged = natives.flatMap(client => client.acknowledged)
      const seen = [...natives, ...stocks].flatMap(client => client.seen)
      promised += acknowledged.length
      shown += seen.length
      lost += lacking(state, acknowledged)
      lostOfOthers += lacking(state, seen)
      expect(server.stderr(), 'a healthy store').not.toContain('"level":50')
      for (const client of [...natives, ...stocks]) client.seen.length = 0
      for (const client of natives) client.acknowledged.length = 0
    }
    tellFigures('kill -9 of a server with clients', {
      cycles,
      acknowledged: promised,
      lost,
      shown,
      'lost of what was shown': lostOfOthers,
      'restart to first acknowledgement, p50 ms': quantile(firstAckMs, 0.5),
      // Only said: here the machine is shared with other tests. restart.alone.test.ts holds every restart to its 2 s.
      'p99 ms': quantile(firstAckMs, 0.99),
    })
    expect(lost).toBe(0)
    expect(lostOfOthers).toBe(0)
    // In the end everybody has everything.
    await Promise.all(natives.map(client => client.connect(server.wsUrl, name)))
    for (const { provider } of stocks) provider.connect()
    await Promise.all(natives.map(client => client.settled()))
    for (const { provider } of stocks) while (!provider.synced) await sleep(20)
    const everything = [...natives, ...stocks].map(({ doc }) => Y.encodeStateAsUpdate(doc))
    for (let left = 1; left > 0; ) {
      await sleep(20)
      left = lacking(await stateOf(server), everything)
    }
    const whole = [Y.encodeStateAsUpdate(await stateOf(server))]
    for (const { doc } of [...natives, ...stocks]) {
      while (lacking(doc, whole) > 0) await sleep(20)
    }
  })

  test('[SRV6] SIGTERM: native clients hear when to come back, stock ones that it is later, and everything accepted is there', async () => {
    const dir = await tempDir('term')
    const server = await spawnServer({ dir, args })
    const native = new NativeClient('native')
    await native.connect(server.wsUrl, name)
    const stock = stockClient(server.wsUrl)
    const codes: number[] = []
    stock.provider.on('connection-close', event => void (event !== null && codes.push(event.code)))
    stock.provider.connect()
    while (!stock.provider.synced) await sleep(20)
    stock.doc.getText('text').insert(0, 'stock')
    native.doc.getText('text').insert(0, 'native')
    await native.settled()
    await native.until(() => native.seen.length > 0)
    native.doc.getText('text').insert(0, 'at the last moment')
    const { code, signal } = await server.kill('SIGTERM')
    expect([code, signal]).toEqual([0, null])
    expect(await native.gone).toBe(4512)
    expect(native.bye).toMatchObject({ code: 'draining', afterMs: 500, jitterMs: 2_000 })
    stock.provider.disconnect()
    expect(codes).toContain(4512)
    const again = await spawnServer({ dir, args })
    const state = await stateOf(again)
    expect(lacking(state, native.acknowledged)).toBe(0)
    expect(lacking(state, native.seen)).toBe(0)
    expect(state.getText('text').toString()).toContain('stock')
  })
})
