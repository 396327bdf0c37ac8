import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'
import { editions } from './stock-client.ts'
import { until } from './until.ts'

test('[UPD11] a document larger than any update, held by a device for years, reaches an empty server', async () => {
  const server = await spawnServer({ dir: await tempDir('large') })
  const doc = new Y.Doc()
  // Two thousand page loads, each with a client id of its own; and more structs than one update may bring.
  for (let load = 1; load <= 2_000; load++) {
    doc.clientID = load
    doc.getArray('array').push([load])
  }
  doc.transact(() => {
    for (let key = 0; key < 60_000; key++) doc.getMap('map').set(`song ${key}`, key)
  })
  const [edition] = editions
  if (edition === undefined) throw new Error('no edition')
  const holder = edition.connect(server.url, 'years', { doc })
  const reader = editions[2]?.connect(server.url, 'years')
  if (reader === undefined) throw new Error('no third edition')
  await until([holder, reader], 'all of it at the reader', () => {
    const { map, array } = reader.doc.read()
    return array.length === 2_000 && Object.keys(map).length === 60_000
  })
  expect(reader.doc.hasPending()).toBe(false)
})
