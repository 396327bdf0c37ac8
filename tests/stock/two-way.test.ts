import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServerProcess, startServerProcess } from '../support/spawn-server.ts'
import { openTempDir } from '../support/temp-dir.ts'
import { editions, type StockClient } from './stock-client.ts'
import { until, untilAlike, untilSynced } from './until.ts'

let server: ServerProcess
let removeDir: () => Promise<void>

beforeAll(async () => {
  const dir = await openTempDir('stock')
  removeDir = dir.remove
  server = await startServerProcess({ dir: dir.path })
})

afterAll(async () => {
  await server.kill()
  await removeDir()
})

const pairs = editions.flatMap(one => editions.map(other => ({ one, other, name: `${one.name} and ${other.name}` })))

/** One edit of every kind, by this client. */
function editEverything({ doc }: StockClient, mark: string): void {
  doc.insert(0, `${mark} `)
  doc.set(mark, { by: mark, n: 1 })
  doc.push(`${mark}!`)
  doc.paragraph(`a line by ${mark}`)
}

function everyoneClean(clients: readonly StockClient[]): void {
  for (const { edition, tap } of clients) {
    expect(tap.oddities, edition).toEqual([])
    expect(tap.sockets, edition).toHaveLength(1)
  }
}

describe.each(pairs)('$name', ({ one, other, name }) => {
  test('[SES1] edit one document in turns and at once: text, map, array and elements', async () => {
    const a = one.connect(server.url, `two-way ${name}`)
    const b = other.connect(server.url, `two-way ${name}`)
    await untilSynced([a, b])
    editEverything(a, 'anna')
    await until([a, b], 'the first edits arrived', () => b.doc.read().xml.includes('anna'))
    b.doc.remove(0, 2)
    editEverything(b, 'bert')
    await until([a, b], 'the answer arrived', () => a.doc.read().xml.includes('bert'))
    expect(a.doc.read()).toMatchObject({ text: 'bert na ', array: ['anna!', 'bert!'] })
    for (let i = 0; i < 20; i++) {
      a.doc.insert(i % 3, 'a')
      b.doc.insert(i % 2, 'b')
      if (i % 4 === 0) b.doc.remove(i % 5, 2)
      a.doc.set('last', i)
      b.doc.set('last', -i)
      a.doc.push(i)
      b.doc.push(-i)
    }
    const length = (client: StockClient) => client.doc.read().array.length
    await until([a, b], 'all of it arrived', () => length(a) === 42 && length(b) === 42)
    await untilAlike([a, b])
    everyoneClean([a, b])
  })

  test('[SES1] a late guest gets everything, and one who held edits before the first connection brings them', async () => {
    const a = one.connect(server.url, `late ${name}`)
    await untilSynced([a])
    editEverything(a, 'anna')
    a.doc.remove(0, 3)
    const late = other.connect(server.url, `late ${name}`, { connect: false })
    editEverything(late, 'late')
    late.provider.connect()
    await until([a, late], 'the late one has both', () => late.doc.read().array.length === 2)
    await until([a, late], 'the early one has both', () => a.doc.read().array.length === 2)
    await untilAlike([a, late])
    everyoneClean([a, late])
  })

  test('[SES1] [AWR2] see each other, and see who left', async () => {
    const a = one.connect(server.url, `presence ${name}`)
    const b = other.connect(server.url, `presence ${name}`)
    a.provider.awareness.setLocalStateField('user', { name: 'anna' })
    b.provider.awareness.setLocalStateField('user', { name: 'bert' })
    const both = [a.doc.clientId, b.doc.clientId].sort((x, y) => x - y).join()
    const userAt = (client: StockClient, id: number) =>
      (client.provider.awareness.getStates().get(id)?.['user'] as { name: string } | undefined)?.name
    await until([a, b], 'both see both', () => a.present().join() === both && b.present().join() === both)
    await until([a, b], 'by name', () => userAt(a, b.doc.clientId) === 'bert' && userAt(b, a.doc.clientId) === 'anna')
    a.provider.awareness.setLocalStateField('user', { name: 'anna again' })
    await until([a, b], 'the new name', () => userAt(b, a.doc.clientId) === 'anna again')

    const third = other.connect(server.url, `presence ${name}`)
    await until([third], 'a newcomer sees who was here before', () => third.present().length === 3)
    third.destroy()
    await until([a, b], 'a goodbye', () => a.present().join() === both && b.present().join() === both)

    // No word of goodbye: the connection breaks.
    b.tap.sockets.at(-1)?.terminate()
    b.provider.disconnect()
    await until([a], 'a broken connection', () => a.present().join() === `${a.doc.clientId}`)
  })
})

test('[SES1] all editions at once on one document end alike, and so does a guest who comes when all have gone', async () => {
  const all = editions.flatMap(edition => [edition, edition]).map(edition => edition.connect(server.url, 'party'))
  await untilSynced(all)
  for (let round = 0; round < 15; round++) {
    all.forEach((client, i) => {
      client.doc.insert(round % (client.doc.read().text.length + 1), `${i}`)
      client.doc.push(i)
      client.doc.set(`${round % 3}`, i)
    })
  }
  await until(all, 'every edit is everywhere', () => all.every(({ doc }) => doc.read().array.length === 8 * 15), 30_000)
  await untilAlike(all)
  everyoneClean(all)
  const content = all[0]?.doc.read()
  for (const client of all) await client.disconnect()
  const [edition] = editions
  const guest = (edition as (typeof editions)[number]).connect(server.url, 'party')
  await untilSynced([guest])
  expect(guest.doc.read()).toEqual(content)
})
