import { expect, test } from 'vitest'
import { spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'
import { editions, type StockClient } from './stock-client.ts'
import { until, untilAlike, untilSynced } from './until.ts'

/** What every client pushed, in order: nothing may be missing, nothing may be there twice. */
function pushed(clients: readonly StockClient[], values: readonly unknown[]): boolean {
  return clients.every(({ doc }) => isSame(doc.read().array, values))
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  const found = new Set(a)
  return a.length === b.length && b.every(value => found.has(value))
}

function connectAll(url: string, doc: string): StockClient[] {
  return editions.map(edition => edition.connect(url, doc))
}

async function untilDown(clients: readonly StockClient[]): Promise<void> {
  await until(clients, 'all noticed', () => clients.every(({ provider }) => !provider.wsconnected))
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  '[SES1] [SRV4] %s: every edition comes back by itself, and brings what was written meanwhile',
  { timeout: 90_000 },
  async signal => {
    const dir = await tempDir('restart')
    const server = await spawnServer({ dir })
    const clients = connectAll(server.url, 'tonight')
    await untilSynced(clients)
    const expected: string[] = []
    const write = (when: string) => {
      for (const { doc, edition } of clients) {
        doc.push(`${when} ${edition}`)
        doc.insert(0, `${edition} `)
        expected.push(`${when} ${edition}`)
      }
    }
    write('before')
    await until(clients, 'all have it', () => pushed(clients, expected))
    const { code } = await server.kill(signal)
    if (signal === 'SIGTERM') expect(code).toBe(0)
    await untilDown(clients)
    const closeCodes = clients.map(({ tap }) => tap.closeCodes[0])
    expect(closeCodes).toEqual(clients.map(() => (signal === 'SIGTERM' ? 4512 : 1006)))
    write('down')

    const again = await spawnServer({ dir, port: server.port })
    await until(clients, 'everything is everywhere', () => pushed(clients, expected))
    write('after')
    await until(clients, 'and goes on', () => pushed(clients, expected))
    await untilAlike(clients)
    for (const { tap, edition, closed } of clients) {
      expect(tap.oddities, edition).toEqual([])
      expect(closed, edition).toEqual([])
    }

    // What clients hold could have healed a forgetful server: the disk alone must know it too.
    const content = clients[0]?.doc.read()
    for (const client of clients) client.destroy()
    await again.kill('SIGKILL')
    const third = await spawnServer({ dir })
    const late = connectAll(third.url, 'tonight')
    await untilSynced(late)
    for (const { doc, edition } of late) expect(doc.read(), edition).toEqual(content)
  },
)

test('[SES1] [ROOM1] kill -9 in the middle of writing: nothing another client saw is lost, and all converge', {
  timeout: 120_000,
}, async () => {
  const dir = await tempDir('kill')
  let server = await spawnServer({ dir })
  const { port, url } = server
  const clients = connectAll(url, 'tonight')
  await untilSynced(clients)
  const expected: string[] = []
  for (let round = 0; round < 3; round++) {
    const seenByOthers = () => Math.min(...clients.map(({ doc }) => doc.read().array.length))
    const before = seenByOthers()
    let isWriting = true
    const write = () => {
      if (!isWriting) return
      for (const { doc, edition } of clients) {
        const value = `${round} ${expected.length} ${edition}`
        expected.push(value)
        doc.push(value)
      }
      setImmediate(write)
    }
    write()
    await until(clients, 'some of it is everywhere', () => seenByOthers() > before + 40)
    await server.kill('SIGKILL')
    isWriting = false
    await untilDown(clients)
    // What a reader was shown of others is on the disk, whoever else survives: a client that knows nothing asks for it.
    const shown = clients.flatMap(({ doc, edition }) =>
      (doc.read().array as string[]).filter(value => !value.endsWith(edition)),
    )
    for (const { provider } of clients) provider.disconnect()
    server = await spawnServer({ dir, port })
    const stranger = (editions[2] as (typeof editions)[number]).connect(url, 'tonight')
    await untilSynced([stranger])
    const stored = new Set(stranger.doc.read().array)
    expect(shown.filter(value => !stored.has(value))).toEqual([])
    stranger.destroy()
    for (const { provider } of clients) provider.connect()
    await until(clients, 'everything is everywhere', () => pushed(clients, expected))
    await untilAlike(clients)
  }
})
