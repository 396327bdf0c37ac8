import { errorReports } from '@tutti/core'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { Content } from '../../content/content.ts'
import { ApiWorld } from '../../testing/api-world.ts'
import { inlineContent } from '../../testing/inline-content.ts'
import { textOf } from '../../testing/world.ts'
import { openGuard } from './api-context.ts'
import { openApiDocument } from './open-api.ts'
import { problemCodes, statusOf } from './problem.ts'

const song = '/documents/song'
const patchType = 'application/json-patch+json'
const code = (answer: { readonly json: unknown }) => (answer.json as { code?: string } | null)?.code

function patch(...operations: readonly object[]) {
  return { body: JSON.stringify(operations), type: patchType }
}

describe('reading and making documents', () => {
  test('[API4] a document made of JSON or of an update is on disk when that is answered, and is made once', async () => {
    const api = new ApiWorld()
    const made = { body: '{"notes":"slowly","order":["a"]}', type: 'application/json', token: 'writer' }
    const first = api.asks(`PUT ${song}`, made)
    const second = api.asks(`PUT ${song}`, made)
    const answers = await Promise.all([first, second])
    expect(answers.map(answer => [answer.status, code(answer)])).toEqual([
      [201, undefined],
      [409, 'not-empty'],
    ])
    expect(answers[0]?.json).toEqual({ seq: 1, changed: true })
    const { entries } = await api.world.log.open('song' as never)
    expect(entries.map(({ author }) => author)).toEqual([{ subject: 'writer', device: '', session: 'http' }])
    expect((await api.asks(`GET ${song}/content`, { token: 'reader' })).json).toEqual({ notes: 'slowly', order: ['a'] })

    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'from Yjs')
    const body = new Uint8Array(Y.encodeStateAsUpdate(doc))
    const type = 'application/octet-stream'
    expect((await api.asks('PUT /documents/a%2Fb%20%25', { body, type })).status).toBe(201)
    expect((await api.asks('GET /documents/a%2Fb%20%25')).json).toMatchObject({ name: 'a/b %', head: 1 })
  })

  test('[API4] what makes no document is refused with its reason', async () => {
    const api = new ApiWorld()
    const put = (body: string | Uint8Array<ArrayBuffer>, type: string) => api.asks(`PUT ${song}`, { body, type })
    expect(code(await put('{', 'application/json'))).toBe('bad-patch')
    expect(code(await put('[]', 'application/json'))).toBe('bad-content')
    expect(code(await put('{}', 'application/json'))).toBe('bad-content')
    expect(code(await put('{"a":7}', 'application/json'))).toBe('bad-content')
    expect(code(await put('x', 'text/plain'))).toBe('unsupported-media')
    expect(code(await put(Uint8Array.of(1, 2, 3), 'application/octet-stream'))).toBe('malformed')
    const large = new Uint8Array(9 * 1024 * 1024)
    expect(code(await put(large, 'application/octet-stream'))).toBe('too-large')
    expect(code(await api.asks(`GET ${song}`))).toBe('not-found')
    expect(code(await api.asks(`GET ${song}/content`))).toBe('not-found')
    expect(api.world.house.get('song' as never)).toBeUndefined()
  })

  test('[API11] a tag tells whether a document has changed, for reading and for writing', async () => {
    const api = new ApiWorld()
    await api.makes('song', { notes: 'one' })
    const read = await api.asks(`GET ${song}/content`)
    const etag = read.headers.get('etag') as string
    const again = (tag: string) => api.asks(`GET ${song}/content`, { headers: { 'if-none-match': tag } })
    expect((await again(etag)).status).toBe(304)
    expect((await again(`W/${etag}, "x"`)).status).toBe(304)
    const guarded = (tag: string, text: string) =>
      api.asks(`PATCH ${song}/content`, {
        ...patch({ op: 'replace', path: '/notes', value: text }),
        headers: { 'if-match': tag },
      })
    expect((await guarded(etag, 'two')).status).toBe(200)
    expect(code(await guarded(etag, 'three'))).toBe('precondition-failed')
    expect((await again(etag)).json).toEqual({ notes: 'two' })
    expect((await api.asks(`GET ${song}/update`)).headers.get('etag')).not.toBe(etag)
  })

  test('[API12] an update is what a state vector lacks', async () => {
    const api = new ApiWorld()
    const guest = await api.world.joined('song')
    guest.type('first ')
    await api.world.settle()
    const vector = Y.encodeStateVector(guest.doc)
    guest.type('second')
    await api.world.settle()
    const whole = await api.asks(`GET ${song}/update`)
    expect(textOf(whole.bytes)).toBe('first second')
    const rest = await api.asks(`GET ${song}/update?stateVector=${Buffer.from(vector).toString('base64url')}`)
    expect(rest.bytes.length).toBeLessThan(whole.bytes.length)
    expect(code(await api.asks(`GET ${song}/update?stateVector=zzzz`))).toBe('malformed')
  })
})

describe('editing over HTTP', () => {
  test('[API6] an edit is stored before it is answered, shown to everybody, and says whose it is', async () => {
    const api = new ApiWorld()
    const guest = await api.world.joined('song')
    guest.type('slowly')
    await api.world.settle()
    guest.peer.news()
    let goOn = () => {}
    api.world.beforeAppend = () =>
      new Promise<void>(resolve => {
        goOn = resolve
      })
    let isAnswered = false
    const asked = api
      .asks(`PATCH ${song}/content`, { ...patch({ op: 'replace', path: '/t', value: 'very slowly' }), token: 'writer' })
      .finally(() => {
        isAnswered = true
      })
    await api.world.settle()
    await api.world.pass(10)
    expect([isAnswered, guest.heard('push').length]).toEqual([false, 0])
    goOn()
    expect(await asked).toMatchObject({ status: 200, json: { seq: 2, changed: true } })
    const [pushed] = guest.heard('push')
    if (pushed !== undefined) Y.applyUpdate(guest.doc, pushed.bytes)
    expect(guest.doc.getText('t').toString()).toBe('very slowly')
    const { entries } = await api.world.log.open('song' as never)
    expect(entries[1]?.author).toEqual({ subject: 'writer', device: '', session: 'http' })
  })

  test('[API6] edits of one document come one after the other, as one client id, so that a test holds', async () => {
    const api = new ApiWorld()
    await api.makes('song', { count: { n: 0 } })
    const add = async () => {
      for (;;) {
        const { json } = await api.asks(`GET ${song}/content`)
        const { n } = (json as { count: { n: number } }).count
        const tried = await api.asks(
          `PATCH ${song}/content`,
          patch({ op: 'test', path: '/count/n', value: n }, { op: 'replace', path: '/count/n', value: n + 1 }),
        )
        if (tried.status === 200) return
        expect(code(tried)).toBe('test-failed')
      }
    }
    await Promise.all([add(), add(), add()])
    expect((await api.asks(`GET ${song}/content`)).json).toEqual({ count: { n: 3 } })
    expect((await api.world.house.open('song' as never)).stateVector().size).toBeLessThanOrEqual(2)
  })

  test('[API5] those who ask for the same are given the same, and more edits than may wait are told to come again', async () => {
    let reads = 0
    let goOn: () => void = () => {}
    const gate = () =>
      new Promise<void>(resolve => {
        goOn = resolve
      })
    let open = gate()
    const content: Content = {
      ...inlineContent,
      async read(state) {
        reads++
        await open
        return inlineContent.read(state)
      },
      async patch(request) {
        await open
        return inlineContent.patch(request)
      },
    }
    const api = new ApiWorld({ content })
    await api.makes('song', { notes: 'one' })
    const asked = Promise.all(Array.from({ length: 5 }, () => api.asks(`GET ${song}/content`)))
    await api.world.settle()
    goOn()
    expect((await asked).map(({ json }) => json)).toEqual(Array(5).fill({ notes: 'one' }))
    expect(reads).toBe(1)
    open = gate()
    const edits = Array.from({ length: 70 }, () => api.asks(`PATCH ${song}/content`, patch()))
    await api.world.settle()
    goOn()
    const codes = (await Promise.all(edits)).map(code)
    expect([codes.filter(one => one === undefined).length, codes.filter(one => one === 'too-many').length]).toEqual([
      64, 6,
    ])
  })

  test('[API6] [ROOM6] whoever edits after somebody else does it as themselves, not as them', async () => {
    const api = new ApiWorld()
    const guest = await api.world.joined('song')
    guest.type('one')
    await api.world.settle()
    for (const token of ['writer', 'admin', 'writer', 'admin']) {
      const edit = patch({ op: 'add', path: '/t', value: `by ${token}` })
      expect(await api.asks(`PATCH ${song}/content`, { ...edit, token })).toMatchObject({ status: 200 })
    }
    const { entries } = await api.world.log.open('song' as never)
    expect(entries.slice(1).map(({ author }) => author.subject)).toEqual(['writer', 'admin', 'writer', 'admin'])
    // Each has a client id of their own, and keeps it.
    expect((await api.world.house.open('song' as never)).stateVector().size).toBe(3)
  })

  test('[API6] an edit goes through the gate and the store like any other, and is refused with their reasons', async () => {
    const api = new ApiWorld()
    await api.makes('song', { notes: 'one' })
    const ask = () => api.asks(`PATCH ${song}/content`, patch({ op: 'add', path: '/notes', value: 'two' }))
    const deep = JSON.stringify({ a: Array.from({ length: 60 }).reduce<unknown>(inner => [inner], 1) })
    expect((await api.asks(`PATCH ${song}/content`, { body: deep, type: 'application/merge-patch+json' })).status).toBe(
      200,
    )
    api.world.beforeAppend = () => {
      throw new Error('full')
    }
    expect(await ask()).toMatchObject({ status: 503, json: { code: 'store-unavailable' } })
    expect((await ask()).headers.get('retry-after')).toBe('2')
    api.world.beforeAppend = null
    await api.world.pass(5_000)
    expect((await ask()).status).toBe(200)
    expect((await api.asks(`GET ${song}/content`)).json).toMatchObject({ notes: 'two' })
  })

  test('[API3] the content type says how a patch is written; plain JSON may be either', async () => {
    const api = new ApiWorld()
    await api.makes('song', { meta: { a: 1, b: 2 } })
    const ask = (type: string, body: string) => api.asks(`PATCH ${song}/content`, { type, body })
    expect((await ask('application/merge-patch+json; charset=utf-8', '{"meta":{"a":null}}')).status).toBe(200)
    expect((await ask('application/json', ' [{"op":"add","path":"/meta/c","value":3}]')).status).toBe(200)
    expect((await ask('application/json', '{"meta":{"d":4}}')).status).toBe(200)
    expect(code(await ask('text/plain', '[]'))).toBe('unsupported-media')
    expect(code(await ask(patchType, '{}'))).toBe('bad-patch')
    expect(await ask(patchType, '[]')).toMatchObject({ json: { changed: false } })
    expect(code(await ask(patchType, `[${' '.repeat(1024 * 1024)}]`))).toBe('too-large')
    expect((await api.asks(`GET ${song}/content`)).json).toEqual({ meta: { b: 2, c: 3, d: 4 } })
  })
})

describe('the life of a document', () => {
  test('[API13] it is deleted, brought back, deleted and removed for good, with a receipt', async () => {
    const api = new ApiWorld()
    await api.makes('song', { notes: 'one' })
    expect((await api.asks(`DELETE ${song}`)).status).toBe(204)
    expect(await api.asks(`GET ${song}/content`)).toMatchObject({ status: 410, json: { code: 'deleted' } })
    expect(code(await api.asks(`PATCH ${song}/content`, patch()))).toBe('deleted')
    expect(code(await api.asks(`PUT ${song}`, { body: '{"a":"b"}', type: 'application/json' }))).toBe('deleted')
    expect((await api.asks(`GET ${song}`)).json).toMatchObject({ deleted: { by: 'admin' }, head: 1 })
    expect((await api.asks(`POST ${song}/undelete`)).status).toBe(204)
    expect((await api.asks(`GET ${song}/content`)).json).toEqual({ notes: 'one' })
    expect(code(await api.asks(`POST ${song}/purge`))).toBe('not-deleted')
    await api.asks(`DELETE ${song}`)
    const purged = await api.asks(`POST ${song}/purge`)
    expect(purged.json).toMatchObject({ document: 'song', head: 1, deleted: { by: 'admin' }, purged: { by: 'admin' } })
    for (const route of [`GET ${song}`, `DELETE ${song}`, `POST ${song}/undelete`, `POST ${song}/purge`]) {
      expect(code(await api.asks(route))).toBe('not-found')
    }
    await api.makes('song', { notes: 'another' })
    const { epoch } = (await api.asks(`GET ${song}`)).json as { epoch: string }
    expect(epoch).not.toBe((purged.json as { epoch: string }).epoch)
  })

  test('[API13] compacting says what it gained', async () => {
    const api = new ApiWorld()
    const guest = await api.world.joined('song')
    for (let i = 0; i < 20; i++) guest.type(`${i} `)
    await api.world.settle()
    expect((await api.asks(`POST ${song}/compact`)).json).toMatchObject({ entriesFolded: 20 })
    expect((await api.asks(`POST ${song}/compact`)).json).toMatchObject({ entriesFolded: 0 })
    expect((await api.asks(`GET ${song}`)).json).toMatchObject({ checkpoint: 20, readers: 1, findings: [] })
  })

  test('[API13] who is there, who is connected, who goes, and who is not let in any more', async () => {
    const api = new ApiWorld()
    const guest = await api.world.joined('song', { client: 7 })
    guest.present(7, 1, { user: { name: 'Ana' } })
    await api.world.settle()
    const present = [{ client: 7, state: { user: { name: 'Ana' } } }]
    expect((await api.asks(`GET ${song}/presence`)).json).toEqual({ present })
    expect((await api.asks('GET /connections')).json).toMatchObject({ connections: [{ id: '1', subject: 'ana' }] })
    expect((await api.asks('DELETE /connections/1')).status).toBe(204)
    expect((await api.asks('DELETE /connections/2')).status).toBe(404)
    expect(api.kicked).toEqual(['1', '2'])
    const type = 'application/json'
    expect(
      (await api.asks('POST /revocations', { body: '{"kind":"subject","name":"ana","before":5}', type })).status,
    ).toBe(204)
    expect(api.revoked).toEqual([{ kind: 'subject', name: 'ana', before: 5 }])
    expect(await api.asks('POST /drain')).toMatchObject({ status: 202, json: { connections: 1 } })
    expect(api.drained).toEqual([500, 2_000])
  })
})

describe('listing documents', () => {
  test('[API9] pages follow each other in the order of names, and show what may be read', async () => {
    const api = new ApiWorld()
    for (let i = 0; i < 12; i++) await api.makes(`team/${String(i).padStart(2, '0')}`, { n: 'x' })
    for (const name of ['other', 'private/a', 'team', 'teams']) await api.makes(name, { n: 'x' })
    await api.asks('DELETE /documents/team%2F03')
    const pages = async (query: string, token = 'reader') => {
      const seen: string[][] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const more: string = cursor === '' ? '' : `&cursor=${cursor}`
        const { json } = await api.asks(`GET /documents?${query}${more}`, { token })
        const page = json as { documents: { name: string }[]; cursor: string | null }
        seen.push(page.documents.map(({ name }) => name))
        ;({ cursor } = page)
      }
      return seen
    }
    const team = Array.from({ length: 12 }, (_, i) => `team/${String(i).padStart(2, '0')}`).filter(
      name => !name.endsWith('03'),
    )
    expect(await pages('prefix=team/&limit=5')).toEqual([team.slice(0, 5), team.slice(5, 10), team.slice(10)])
    expect((await pages('limit=1000')).flat()).toEqual(['other', 'team', ...team, 'teams'])
    expect((await pages('limit=1000', 'admin')).flat()).toContain('private/a')
    expect((await pages('limit=1000', 'nobody')).flat()).toEqual([])
    expect((await pages('deleted=only')).flat()).toEqual(['team/03'])
    expect((await pages('deleted=yes&prefix=team/')).flat()).toHaveLength(12)
    for (const query of [
      'limit=0',
      'limit=1001',
      'limit=x',
      'cursor=zz',
      'deleted=maybe',
      `prefix=${'x'.repeat(300)}`,
    ]) {
      expect(code(await api.asks(`GET /documents?${query}`))).toBe('bad-request')
    }
  })
})

/** Every route, and the lowest permission that may use it. */
const routes: readonly (readonly [route: string, needs: 'read' | 'write' | 'admin'])[] = [
  ['GET /documents/song', 'read'],
  ['PUT /documents/song', 'write'],
  ['DELETE /documents/song', 'admin'],
  ['POST /documents/song/undelete', 'admin'],
  ['POST /documents/song/purge', 'admin'],
  ['POST /documents/song/compact', 'admin'],
  ['GET /documents/song/content', 'read'],
  ['PATCH /documents/song/content', 'write'],
  ['GET /documents/song/update', 'read'],
  ['GET /documents/song/presence', 'read'],
  ['GET /connections', 'admin'],
  ['DELETE /connections/9', 'admin'],
  ['POST /drain', 'admin'],
  ['POST /revocations', 'admin'],
]

describe('who may ask', () => {
  test('[API7] every route asks the one table, and nobody comes in without a token that is good', async () => {
    const ranks = ['nobody', 'reader', 'writer', 'admin']
    for (const [route, needs] of routes) {
      const needed = { read: 1, write: 2, admin: 3 }[needs]
      const body = route.includes('revocations') ? '{"kind":"token","name":"t"}' : '{}'
      const more = route.startsWith('GET') || route.startsWith('DELETE') ? {} : { body, type: 'application/json' }
      for (const [rank, token] of ranks.entries()) {
        const answer = await new ApiWorld().asks(route, { token, ...more })
        expect([route, token, code(answer) === 'forbidden']).toEqual([route, token, rank < needed])
      }
      for (const token of [null, 'unknown', '']) {
        const answer = await new ApiWorld().asks(route, { token, ...more })
        expect([route, answer.status]).toEqual([route, 401])
        expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      }
    }
  })

  test('[API7] the table has a row for every route there is', () => {
    const { paths = {} } = openApiDocument(new ApiWorld().app)
    const known = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`),
    )
    const tried = routes.map(([route]) => route.replace('song', '{name}').replace('/9', '/{id}').replace(' ', ' /v1'))
    expect(known.toSorted()).toEqual([...tried, 'GET /v1/documents'].toSorted())
  })

  test('[API7] a name that is no name, and a path that is none, lead nowhere', async () => {
    const api = new ApiWorld()
    expect(code(await api.asks(`GET /documents/${'x'.repeat(300)}`))).toBe('bad-name')
    expect(code(await api.asks('GET /documents/a%00b'))).toBe('bad-name')
    expect(code(await api.asks('GET /documents/a/b/c'))).toBe('not-found')
    expect(code(await api.asks('GET /nothing'))).toBe('not-found')
    expect(code(await api.asks('GET /nothing', { token: null }))).toBe('unauthorized')
  })

  test('[API1] a page of another site is not answered, unless it was named', async () => {
    const headers = { origin: 'https://evil.example' }
    const closed = new ApiWorld({ guard: openGuard })
    expect(await closed.asks('GET /documents', { headers })).toMatchObject({ status: 403, json: { code: 'forbidden' } })
    expect((await closed.asks('OPTIONS /documents', { headers })).status).toBe(403)
    const own = await closed.asks('GET /documents', { headers: { origin: 'http://localhost' } })
    expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([200, null])
    const named = new ApiWorld({ origins: ['https://evil.example'] })
    const preflight = await named.asks('OPTIONS /documents', { headers, token: null })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([
      204,
      'https://evil.example',
    ])
    const answered = await named.asks('GET /documents', { headers })
    expect(answered.headers.get('access-control-allow-origin')).toBe('https://evil.example')
    const refused = await named.asks('GET /documents/none', { headers })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([404, 'https://evil.example'])
  })

  test('[API1] where nobody has to say who they are only names of this machine are answered', async () => {
    const api = new ApiWorld({ guard: openGuard, onlyLoopback: true })
    const ask = (host: string) => api.asks('GET /documents', { token: null, headers: { host } })
    expect((await ask('localhost:1234')).status).toBe(200)
    expect((await ask('127.0.0.1')).status).toBe(200)
    // A name of somebody else that leads here: their page would be of the same origin.
    expect((await ask('evil.example')).status).toBe(403)
  })
})

describe('problems', () => {
  test('[API8] every failure is a problem with a code that stays, and the status of its code', async () => {
    const api = new ApiWorld()
    const { status, headers, json } = await api.asks(`GET ${song}`)
    expect(status).toBe(404)
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(json).toEqual({
      type: 'urn:tutti:problem:not-found',
      title: 'not found',
      status: 404,
      detail: 'there is no such document',
      code: 'not-found',
    })
    expect(code(await api.asks('POST /drain', { body: '{', type: 'application/json' }))).toBe('bad-request')
    expect(code(await api.asks('POST /revocations', { body: '{}', type: 'application/json' }))).toBe('bad-request')
    const huge = { body: `{"kind":"${'x'.repeat(100_000)}"}`, type: 'application/json' }
    expect(code(await api.asks('POST /revocations', huge))).toBe('too-large')
    expect(new Set(problemCodes).size).toBe(problemCodes.length)
    const own = Object.fromEntries(
      problemCodes.filter(known => !Object.hasOwn(errorReports, known)).map(known => [known, statusOf(known)]),
    )
    expect(own).toEqual({
      'bad-request': 400,
      'bad-patch': 400,
      'not-found': 404,
      'no-such-place': 409,
      'test-failed': 409,
      'not-deleted': 409,
      'precondition-failed': 412,
      'unsupported-media': 415,
      'bad-content': 422,
    })
  })

  test('[API8] what breaks here is told without what it was', async () => {
    const api = new ApiWorld({
      guard: { identify: () => Promise.resolve({ subject: 'x' }), may: () => Promise.reject(new Error('secret')) },
    })
    const answer = await api.asks('GET /connections')
    expect([answer.status, code(answer)]).toEqual([500, 'internal'])
    expect(JSON.stringify(answer.json)).not.toContain('secret')
  })
})
