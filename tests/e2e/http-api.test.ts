import { Provider, type WebSocketClass } from '@tutti/client'
import { createApiClient, documentParam } from '@tutti/server/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import * as Y from 'yjs'
import { spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

function open(url: string, name: string): Provider {
  const provider = new Provider(url, name, new Y.Doc(), {
    WebSocketPolyfill: WebSocket as unknown as WebSocketClass,
    persist: false,
  })
  onTestFinished(() => provider.close())
  return provider
}

/** What a document of a provider says, once it says that. */
async function untilTitle(doc: Y.Doc, title: string): Promise<void> {
  const read = () => (doc.getMap('songs').toJSON() as { anthem?: { title?: string } }).anthem?.title
  while (read() !== title) await new Promise<void>(resolve => doc.once('update', () => resolve()))
}

async function makeAndEdit(url: string, token: string) {
  // snippet:api-client
  const { v1 } = createApiClient(url, token)
  const song = documentParam('song')
  await v1.documents[':name'].$put({ param: song, json: { notes: 'slowly', songs: { anthem: { title: 'Anthem' } } } })
  const patch = [{ op: 'replace', path: '/songs/anthem/title', value: 'Hymn' }]
  const edited = await v1.documents[':name'].content.$patch({ param: song, json: patch })
  if (!edited.ok) throw new Error((await edited.json()).detail)
  // end
  return edited.json()
}

describe('the HTTP API of a real server', () => {
  it('[API6] what was answered is seen by who has it open, and is there after kill -9', async () => {
    const dir = await tempDir()
    const server = await spawnServer({ dir })
    const ann = open(server.wsUrl, 'song')
    await ann.flush()
    expect(await makeAndEdit(server.url, 'any')).toEqual({ seq: 2, changed: true })
    await untilTitle(ann.doc, 'Hymn')
    await server.kill()
    const again = await spawnServer({ dir })
    const { v1 } = createApiClient(again.url)
    const read = await v1.documents[':name'].content.$get({ param: documentParam('song') })
    expect(await read.json()).toEqual({ notes: 'slowly', songs: { anthem: { title: 'Hymn' } } })
    const compacted = await v1.documents[':name'].compact.$post({ param: documentParam('song') })
    expect(await compacted.json()).toMatchObject({ entriesFolded: 2 })
  })

  it('[API13] a connection is listed with its document, and who is sent away stays away', async () => {
    const server = await spawnServer({ dir: await tempDir() })
    const ann = open(server.wsUrl, 'song')
    await ann.flush()
    const closed = new Promise<{ readonly code: number }>(resolve => ann.once('closed', resolve))
    const { v1 } = createApiClient(server.url)
    const listed = await v1.connections.$get({})
    if (!listed.ok) throw new Error('not listed')
    const { connections } = await listed.json()
    expect(connections).toMatchObject([{ dialect: 'native', subject: '', documents: ['song'] }])
    const id = connections[0]?.id ?? ''
    expect((await v1.connections[':id'].$delete({ param: { id } })).status).toBe(204)
    expect((await closed).code).toBe(4403)
  })

  it('[API13] a deleted document is over for who has it open, and is there again when it is brought back', async () => {
    const server = await spawnServer({ dir: await tempDir() })
    const { v1 } = createApiClient(server.url)
    await makeAndEdit(server.url, 'any')
    const song = { param: documentParam('song') }
    const ann = open(server.wsUrl, 'song')
    await untilTitle(ann.doc, 'Hymn')
    const closed = new Promise<{ readonly code: number }>(resolve => ann.once('closed', resolve))
    expect((await v1.documents[':name'].$delete(song)).status).toBe(204)
    expect((await closed).code).toBe(4410)
    expect((await v1.documents[':name'].undelete.$post(song)).status).toBe(204)
    await untilTitle(open(server.wsUrl, 'song').doc, 'Hymn')
  })
})
