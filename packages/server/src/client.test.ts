import { MemoryLog } from '@tutti/core'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { createApiClient, type DocumentFacts, type DocumentPage, documentParam, type Problem } from './client.ts'
import { createServer } from './create-server.ts'
import type { ApiSchema } from './http/api/api-type.ts'
import { openApiDocument } from './http/api/open-api.ts'
import { silentLogger } from './runtime/logger.ts'
import { ApiWorld } from './testing/api-world.ts'

/** Every route the client knows. */
const known: { readonly [Path in keyof ApiSchema]: { readonly [Method in keyof ApiSchema[Path]]: true } } = {
  '/v1/documents': { $get: true },
  '/v1/documents/:name': { $get: true, $put: true, $delete: true },
  '/v1/documents/:name/undelete': { $post: true },
  '/v1/documents/:name/purge': { $post: true },
  '/v1/documents/:name/compact': { $post: true },
  '/v1/documents/:name/content': { $get: true, $patch: true },
  '/v1/documents/:name/update': { $get: true },
  '/v1/documents/:name/presence': { $get: true },
  '/v1/connections': { $get: true },
  '/v1/connections/:id': { $delete: true },
  '/v1/drain': { $post: true },
  '/v1/revocations': { $post: true },
}

describe('the typed client', () => {
  test('[API14] knows every route there is', () => {
    const { paths = {} } = openApiDocument(new ApiWorld().app)
    const routes = Object.entries(paths).map(([path, methods]) => [
      path.replaceAll(/\{(\w+)\}/g, ':$1'),
      Object.fromEntries(Object.keys(methods).map(method => [`$${method}`, true])),
    ])
    expect(Object.fromEntries(routes)).toEqual(known)
  })

  test('[API14] speaks with a server, and its answers have types', async () => {
    const server = await createServer({ port: 0, log: new MemoryLog(), logger: silentLogger })
    const { v1 } = createApiClient(server.url, async () => 'a-token')
    const song = documentParam('team/a song %')
    const missing = await v1.documents[':name'].$get({ param: song })
    expect(missing.status).toBe(404)
    const listed = await v1.documents.$get({ query: { prefix: 'team/' } })
    if (!listed.ok) throw new Error('the list is not given')
    const page = await listed.json()
    expectTypeOf(page).toEqualTypeOf<DocumentPage>()
    expect(page).toEqual({ documents: [], cursor: null })
    const answer = await missing.json()
    expectTypeOf(answer).toEqualTypeOf<DocumentFacts | Problem>()
    expect(answer).toMatchObject({ code: 'not-found' })
    const drained = await v1.drain.$post({ json: {} })
    expect(drained.status).toBe(202)
    expect(server.readiness().ready).toBe(false)
    await server.close()
  })
})
