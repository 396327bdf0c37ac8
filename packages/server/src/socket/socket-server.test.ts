import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { decodeServerMessage, encodeClientMessage, MemoryLog, type ServerMessage } from '@tutti/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { createServer, type Server } from '../create-server.ts'
import { mayConnectFrom } from './origin.ts'

const ends: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function started(log = new MemoryLog()): Promise<Server> {
  const server = await createServer({ log, port: 0, logLevel: 'silent' })
  ends.push(() => server.close())
  return server
}

interface Line {
  readonly socket: WebSocket
  readonly heard: ServerMessage[]
  readonly closed: Promise<number>
  next<T extends ServerMessage['type']>(type: T): Promise<ServerMessage & { type: T }>
}

function line(url: string, protocol: string[] = ['tutti.1'], options = {}): Promise<Line> {
  const socket = new WebSocket(url.replace('http', 'ws'), protocol, options)
  ends.push(() => socket.terminate())
  const heard: ServerMessage[] = []
  const wake: (() => void)[] = []
  socket.on('message', data => {
    const decoded = decodeServerMessage(data as Buffer)
    if (decoded.ok) heard.push(decoded.value)
    for (const call of wake.splice(0)) call()
  })
  const closed = new Promise<number>(resolve => socket.on('close', resolve))
  const next = async (type: string) => {
    for (;;) {
      const found = heard.find(message => message.type === type)
      if (found !== undefined) {
        heard.splice(heard.indexOf(found), 1)
        return found as never
      }
      await new Promise<void>(resolve => wake.push(resolve))
    }
  }
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve({ socket, heard, closed, next }))
    socket.on('error', reject)
  })
}

const hello = encodeClientMessage({ type: 'hello', version: 1, device: 'd', session: 's', agent: '', token: '' })
const open = encodeClientMessage({
  type: 'open',
  request: 1,
  doc: 'song',
  epoch: '',
  position: 0,
  stateVector: Uint8Array.of(0),
  client: 0,
})

describe('origins', () => {
  const may = (origin: string | undefined, host: string, origins: string[] = [], onlyLoopback = false) =>
    mayConnectFrom({ headers: { origin, host } } as unknown as IncomingMessage, { origins, onlyLoopback })

  test('[SRV5] no origin, the own one, loopback to loopback, and named ones', () => {
    expect(may(undefined, 'tutti.example')).toBe(true)
    expect(may('https://tutti.example', 'tutti.example')).toBe(true)
    expect(may('http://localhost:5173', '127.0.0.1:1234')).toBe(true)
    expect(may('http://[::1]:5173', 'localhost:1234')).toBe(true)
    expect(may('https://app.example', 'tutti.example', ['https://app.example'])).toBe(true)
    expect(may('https://app.example', 'tutti.example', ['*'])).toBe(true)
  })

  test('[SRV5] no others', () => {
    expect(may('https://evil.example', '127.0.0.1:1234')).toBe(false)
    expect(may('https://evil.example', 'tutti.example', ['https://app.example'])).toBe(false)
    expect(may('http://localhost:5173', 'tutti.example')).toBe(false)
    expect(may('null', 'tutti.example')).toBe(false)
    expect(may('https://tutti.example.evil.example', 'tutti.example')).toBe(false)
  })

  test('[SRV5] where nobody has to say who they are, only by a name of this machine, whatever a page calls it', () => {
    expect(may('http://rebound.example:1234', 'rebound.example:1234', [], true)).toBe(false)
    expect(may('http://localhost:1234', 'localhost:1234', [], true)).toBe(true)
    expect(may('http://127.0.0.1:5173', 'localhost:1234', [], true)).toBe(true)
    expect(may('https://app.example', 'app.example', ['https://app.example'], true)).toBe(true)
    expect(may(undefined, 'rebound.example:1234', [], true)).toBe(true)
  })

  test('[SRV5] the refusal comes after the upgrade, with a final code', async () => {
    const server = await started()
    const guest = await line(server.url, ['tutti.1'], { origin: 'https://evil.example' })
    expect(await guest.closed).toBe(4403)
  })
})

describe('stopping', () => {
  test('[SRV6] native clients hear when to come back, stock ones are closed with a code that means later', async () => {
    const server = await started()
    const native = await line(server.url)
    native.socket.send(hello)
    await native.next('welcome')
    const stock = await line(`${server.url}/song`, [])
    const stopped = server.close()
    const bye = await native.next('bye')
    expect(bye).toMatchObject({ code: 'draining' })
    expect(bye.afterMs).toBeGreaterThan(0)
    expect(bye.jitterMs).toBeGreaterThan(bye.afterMs)
    expect(await native.closed).toBe(4512)
    expect(await stock.closed).toBe(4512)
    await stopped
  })

  test('[SRV6] it waits until what was accepted is durable, and lets nobody in meanwhile', async () => {
    let go: () => void = () => {}
    const log = new MemoryLog({ beforeAppend: () => new Promise(resolve => (go = resolve)) })
    const server = await started(log)
    const guest = await line(server.url)
    guest.socket.send(hello)
    guest.socket.send(open)
    const { channel } = await guest.next('opened')
    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'accepted')
    const bytes = Y.encodeStateAsUpdate(doc)
    guest.socket.send(encodeClientMessage({ type: 'update', channel, counter: 1, base: 0, resync: false, bytes }))
    await guest.next('received')
    let isStopped = false
    const stopped = server.close().then(() => (isStopped = true))
    await guest.closed
    expect(server.readiness()).toMatchObject({ ready: false })
    expect(isStopped).toBe(false)
    await expect(line(server.url)).rejects.toThrow('ECONNREFUSED')
    go()
    await stopped
    expect((await log.open('song' as never)).head).toBe(1)
  })
})

describe('peers', () => {
  test('[SES12] a stock client is asked in the packet that answers its upgrade', async () => {
    const server = await started()
    const socket = connect(server.port, '127.0.0.1')
    ends.push(() => void socket.destroy())
    const key = Buffer.alloc(16).toString('base64')
    socket.write(
      'GET /song HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    )
    const [packet] = (await once(socket, 'data')) as [Buffer]
    const head = packet.indexOf('\r\n\r\n')
    expect(packet.toString('latin1', 0, 12)).toBe('HTTP/1.1 101')
    // A binary frame: sync, step 1, an empty state vector.
    expect([...packet.subarray(head + 4)]).toEqual([0x82, 4, 0, 0, 1, 0])
  })

  test('[SES3] hello and what follows it may come in one packet', async () => {
    const server = await started()
    const guest = await line(server.url)
    // Cork: both frames leave in one segment.
    const { _socket: socket } = guest.socket as unknown as { _socket: { cork(): void; uncork(): void } }
    socket.cork()
    guest.socket.send(hello)
    guest.socket.send(open)
    socket.uncork()
    await guest.next('welcome')
    await guest.next('state')
  })

  test('[SRV34] one address has only so many connections, by what the trusted proxy says', async () => {
    const options = {
      log: new MemoryLog(),
      port: 0,
      logLevel: 'silent',
      trustedProxies: 1,
      maxConnectionsPerAddress: 1,
    } as const
    const server = await createServer(options)
    ends.push(() => server.close())
    const from = (address: string) => line(server.url, ['tutti.1'], { headers: { 'x-forwarded-for': address } })
    const first = await from('203.0.113.9')
    expect(await (await from('1.1.1.1, 203.0.113.9')).closed).toBe(4529)
    const other = await from('203.0.113.8')
    other.socket.send(hello)
    await other.next('welcome')
    first.socket.close()
    await first.closed
    await vi.waitFor(async () => {
      const again = await from('203.0.113.9')
      again.socket.send(hello)
      expect(await Promise.race([again.closed, again.next('welcome').then(() => 'welcome')])).toBe('welcome')
    })
  })
})
