import { isDeepStrictEqual } from 'node:util'
import { randomEdit, readContent, type SeededRandom, seededRandom } from '@tutti/core/testing'
import { expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { scaled } from '../support/scale.ts'
import { type ServerProcess, spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'
import { type Edition, editions, type StockClient } from './stock-client.ts'
import { until, untilSynced } from './until.ts'

const seeds = Array.from({ length: scaled(10, 200) }, (_, i) => i + 1)
const users = 5
const steps = 60
const thirteens = editions.filter(edition => edition.name.startsWith('y-websocket'))

interface User {
  readonly ydoc: Y.Doc
  readonly client: StockClient
}

function join(url: string, name: string, edition: Edition, clientId?: number): User {
  const ydoc = new Y.Doc()
  if (clientId !== undefined) ydoc.clientID = clientId
  return { ydoc, client: edition.connect(url, name, { doc: ydoc }) }
}

/** Edits, leaves and comes back at random; some moments pass between steps, so that much is on its way at once. */
async function work(all: readonly User[], random: SeededRandom): Promise<void> {
  for (let step = 0; step < steps; step++) {
    const { ydoc, client } = random.pick(all)
    const kind = random.int(10)
    if (kind === 0) {
      if (random.chance(0.5)) client.provider.disconnect()
      else client.tap.sockets.at(-1)?.terminate()
    } else if (kind === 1) client.provider.connect()
    else for (let edits = random.int(4); edits >= 0; edits--) randomEdit(ydoc, random)
    if (random.chance(0.3)) await new Promise(resolve => setTimeout(resolve, random.int(8)))
  }
  for (const { client } of all) client.provider.connect()
}

function isWhole(ydoc: Y.Doc): boolean {
  return ydoc.store.pendingStructs === null && ydoc.store.pendingDs === null
}

async function untilConverged(all: readonly User[]): Promise<void> {
  const vector = ({ ydoc }: User) => Object.fromEntries(Y.decodeStateVector(Y.encodeStateVector(ydoc)))
  await until(
    all.map(({ client }) => client),
    'all users have the same',
    () => {
      if (!all.every(({ client, ydoc }) => client.provider.synced && isWhole(ydoc))) return false
      const [first, ...others] = all as [User, ...User[]]
      const known = vector(first)
      if (!others.every(user => isDeepStrictEqual(vector(user), known))) return false
      const content = readContent(first.ydoc)
      return others.every(({ ydoc }) => isDeepStrictEqual(readContent(ydoc), content))
    },
    30_000,
  )
}

/** Documents the server said it compacted. */
function compacted(log: string): Set<string> {
  const lines = log.split('\n').filter(line => line.includes('document compacted'))
  return new Set(lines.map(line => (JSON.parse(line) as { doc: string }).doc))
}

/** What the server alone knows of a document. */
async function readFrom({ url }: ServerProcess, name: string): Promise<unknown> {
  const guest = join(url, name, thirteens.at(-1) as Edition)
  await untilSynced([guest.client])
  expect(isWhole(guest.ydoc), name).toBe(true)
  const content = readContent(guest.ydoc)
  guest.client.destroy()
  return content
}

test(`[SES1] [ROOM12] ${users} users, ${seeds.length} seeds: random edits and broken connections end alike, also after compaction and a restart`, {
  timeout: scaled(120_000, 1_200_000),
}, async () => {
  const dir = await tempDir('random')
  const server = await spawnServer({ dir, args: ['--sweep-ms', '200', '--compact-after-entries', '2'] })
  const contents = new Map<string, unknown>()
  for (const seed of seeds) {
    const random = seededRandom(seed)
    const name = `seed ${seed}`
    const all = Array.from({ length: users }, (_, i) =>
      join(server.url, name, thirteens[i % thirteens.length] as Edition, seed * 100 + i),
    )
    await work(all, random)
    await untilConverged(all)
    for (const { client } of all) expect(client.tap.oddities, name).toEqual([])
    // Most of the work arrived: the test is about something.
    const known = Y.decodeStateVector(Y.encodeStateVector((all[0] as User).ydoc))
    expect(
      [...known.values()].reduce((sum, clock) => sum + clock, 0),
      name,
    ).toBeGreaterThan(100)
    contents.set(name, readContent((all[0] as User).ydoc))
    for (const { client } of all) client.destroy()
  }
  await vi.waitFor(
    () => {
      const folded = compacted(server.stderr())
      expect([...contents.keys()].filter(name => !folded.has(name))).toEqual([])
    },
    { timeout: 30_000, interval: 250 },
  )
  expect(server.stderr()).not.toMatch(/"level":[45]0/)
  for (const [name, content] of contents) expect(await readFrom(server, name), `${name}, compacted`).toEqual(content)
  await server.kill('SIGKILL')
  const again = await spawnServer({ dir })
  for (const [name, content] of contents) expect(await readFrom(again, name), `${name}, restarted`).toEqual(content)
})
