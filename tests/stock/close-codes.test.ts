import { createServer, type Server } from '@tutti/server'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { tempDir } from '../support/temp-dir.ts'
import { type Edition, editions } from './stock-client.ts'
import { until, untilAlike, untilSynced } from './until.ts'

/** A server on a real disk whose door knows four tokens. */
async function guardedServer(): Promise<Server> {
  const server = await createServer({
    port: 0,
    data: await tempDir('door'),
    logLevel: 'silent',
    authorize: {
      identify(token) {
        if (token === 'broken') throw new Error('the identity provider is down')
        return ['writer', 'reader', 'stranger'].includes(token) ? { subject: token } : null
      },
      permit({ subject }) {
        if (subject === 'stranger') return null
        return subject === 'reader' ? 'read' : 'write'
      },
    },
  })
  onTestFinished(() => server.close())
  return server
}

const knowsFinalCodes = 'y-websocket 3.1.0'

const refusals = [
  { why: 'an unknown token', token: 'nobody', code: 4401 },
  { why: 'no token', token: '', code: 4401 },
  { why: 'a document of others', token: 'stranger', code: 4403 },
  { why: 'a door that fails, and may work again', token: 'broken', code: 4500 },
]

test('[SES1] [SES8] who is refused is told why with a code, shown nothing, and nothing is taken from them', async () => {
  const server = await guardedServer()
  const writer = (editions[0] as Edition).connect(server.url, 'private', { token: 'writer' })
  writer.doc.push('secret')
  await untilSynced([writer])
  const refused = refusals.flatMap(({ why, token, code }) =>
    editions.map(({ name, connect }) => {
      const client = connect(server.url, 'private', { token })
      client.doc.push(`smuggled by ${name}`)
      return { client, code, what: `${name}, ${why}`, isFinal: name === knowsFinalCodes && code < 4500 }
    }),
  )
  // Older editions know no final code and ask again, which leaves the newest the time to do the same.
  await until(
    refused.map(({ client }) => client),
    'all were refused',
    () => refused.every(({ client, isFinal }) => client.tap.closeCodes.length >= (isFinal ? 1 : 2)),
  )
  for (const { client, code, what, isFinal } of refused) {
    expect(new Set(client.tap.closeCodes), what).toEqual(new Set([code]))
    expect(client.tap.bytes.received, what).toBe(0)
    expect(client.closed, what).toEqual(isFinal ? [code] : [])
    expect(client.provider.shouldConnect, what).toBe(!isFinal)
    if (isFinal) expect(client.tap.sockets, what).toHaveLength(1)
  }
  expect(writer.doc.read().array).toEqual(['secret'])
  expect(writer.tap.sockets).toHaveLength(1)
})

test('[SES1] [SES8] a path that names no document is closed for good', async () => {
  const server = await guardedServer()
  const client = (editions[2] as Edition).connect(server.url, '%ff', { token: 'writer' })
  await until([client], 'refused', () => client.closed.length > 0)
  expect(client.closed).toEqual([4400])
})

test.each(editions)(
  '[SES9] $name may only read: its edits go nowhere, quietly, and it sees everything',
  async edition => {
    const server = await guardedServer()
    const writer = (editions[2] as Edition).connect(server.url, 'song', { token: 'writer' })
    const reader = edition.connect(server.url, 'song', { token: 'reader' })
    await untilSynced([writer, reader])
    writer.doc.push('one')
    await until([reader], 'the reader reads', () => reader.doc.read().array.length === 1)
    const denials = vi.spyOn(console, 'warn').mockImplementation(() => {})
    onTestFinished(() => denials.mockRestore())
    for (let i = 0; i < 5; i++) reader.doc.push('mine')
    reader.provider.awareness.setLocalStateField('user', { name: 'a reader' })
    const isSeen = () => writer.provider.awareness.getStates().get(reader.doc.clientId)?.['user'] !== undefined
    await until([writer], 'its presence is seen', isSeen)
    writer.doc.push('two')
    await until([reader], 'the reader reads on', () => reader.doc.read().array.includes('two'))
    expect(writer.doc.read().array).toEqual(['one', 'two'])
    expect(denials).toHaveBeenCalledTimes(1)
    const newcomer = edition.connect(server.url, 'song', { token: 'reader' })
    await untilSynced([newcomer])
    await until([newcomer], 'it is there', () => newcomer.present().includes(reader.doc.clientId))
    expect(newcomer.doc.read().array).toEqual(['one', 'two'])
    // Who changed nothing is denied nothing.
    expect(denials).toHaveBeenCalledTimes(1)
    for (const { tap } of [reader, writer, newcomer]) expect(tap.sockets).toHaveLength(1)
  },
)

test('[SES8] a stopping server says so with a code after which every edition comes again', async () => {
  const data = await tempDir('drain')
  const server = await createServer({ port: 0, data, logLevel: 'silent' })
  const { url, port } = server
  const clients = editions.map(edition => edition.connect(url, 'song'))
  await untilSynced(clients)
  clients.forEach(({ doc }, i) => doc.push(i))
  await untilAlike(clients)
  await server.close()
  await until(clients, 'all were told', () => clients.every(({ tap }) => tap.closeCodes[0] === 4512))
  for (const { closed, provider } of clients) {
    expect(closed).toEqual([])
    expect(provider.shouldConnect).toBe(true)
  }
  const again = await createServer({ port, data, logLevel: 'silent' })
  onTestFinished(() => again.close())
  await untilSynced(clients)
  await untilAlike(clients)
})

/** A bare socket on a document; `sent` goes out once it is open. Resolves with the code it is closed with. */
async function speak(url: string, frames: readonly (string | Uint8Array)[]): Promise<number> {
  const socket = new WebSocket(url)
  onTestFinished(() => socket.terminate())
  socket.on('open', () => {
    for (const frame of frames) socket.send(frame)
  })
  return await new Promise(resolve => socket.on('close', resolve))
}

test.each([
  ['a text frame', ['hello'], 4400],
  ['an empty frame', [Uint8Array.of()], 4400],
  ['a frame that ends too early', [Uint8Array.of(0, 2, 9, 1)], 4400],
  ['a sync message of no known kind', [Uint8Array.of(0, 7, 0)], 4400],
  ['an update that is none', [Uint8Array.of(0, 2, 3, 255, 255, 255)], 4422],
] as const)('[SES10] %s ends that connection alone, with a code that says why', async (_what, frames, code) => {
  const server = await createServer({ port: 0, data: await tempDir('frames'), logLevel: 'silent' })
  onTestFinished(() => server.close())
  const clients = editions.map(edition => edition.connect(server.url, 'song'))
  await untilSynced(clients)
  expect(await speak(`${server.url.replace('http', 'ws')}/song`, frames)).toBe(code)
  clients.forEach(({ doc }, i) => doc.push(i))
  await until(clients, 'the others go on', () => clients.every(({ doc }) => doc.read().array.length === clients.length))
  for (const { tap } of clients) expect(tap.sockets).toHaveLength(1)
})

test('[SES10] a kind of message nobody knows yet is ignored, and the session goes on', async () => {
  const server = await createServer({ port: 0, data: await tempDir('frames'), logLevel: 'silent' })
  onTestFinished(() => server.close())
  const client = (editions[2] as Edition).connect(server.url, 'song')
  await untilSynced([client])
  for (const kind of [4, 100, 120]) client.tap.sockets[0]?.send(Uint8Array.of(kind, 1, 2, 3))
  client.doc.push('still here')
  const other = (editions[0] as Edition).connect(server.url, 'song')
  await until([other], 'it was taken', () => other.doc.read().array.length === 1)
  expect(client.tap.sockets).toHaveLength(1)
})
