import { expect, test } from 'vitest'
import { isFullScale } from '../support/scale.ts'
import { spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'
import { editions } from './stock-client.ts'
import { until, untilAlike, untilSynced } from './until.ts'

/** Stock clients hang up after 30 s of silence, and look every 3 s. */
const idleSeconds = isFullScale ? 75 : 34.5

test(`[SES2] idle for ${idleSeconds} s, every edition stays on its first connection, with presence and without`, {
  timeout: 120_000,
}, async () => {
  const server = await spawnServer({ dir: await tempDir('idle') })
  // Alone on its document nobody else's presence keeps a client awake; without presence not even its own does.
  const quiet = editions.map(edition => {
    const client = edition.connect(server.url, `quiet ${edition.name}`)
    client.provider.awareness.setLocalState(null)
    return client
  })
  const alone = editions.map(edition => edition.connect(server.url, `alone ${edition.name}`))
  const together = editions.map(edition => edition.connect(server.url, 'together'))
  const all = [...quiet, ...alone, ...together]
  await untilSynced(all)
  await new Promise(resolve => setTimeout(resolve, idleSeconds * 1000))
  for (const { edition, tap, provider } of all) {
    expect(tap.sockets, edition).toHaveLength(1)
    expect(provider.wsconnected, edition).toBe(true)
    expect(tap.oddities, edition).toEqual([])
  }
  // Everybody is still listened to, and still sees the others.
  for (const { doc, edition } of together) doc.push(edition)
  await until(together, 'edits go on', () => together.every(({ doc }) => doc.read().array.length === together.length))
  await untilAlike(together)
  for (const client of together) expect(client.present()).toHaveLength(together.length)
})
