import { describe, expect, test } from 'vitest'
import { openApiDocument } from '../packages/server/src/http/api/open-api.ts'
import { ApiWorld } from '../packages/server/src/testing/api-world.ts'
import { httpApiPage } from './support/http-api-page.ts'

const path = new URL('../docs/http-api.md', import.meta.url)

interface Described {
  readonly operationId?: string
  readonly summary?: string
  readonly responses: Readonly<Record<string, unknown>>
}

describe('the description of the HTTP API', () => {
  test('[API10] docs/http-api.md is what the routes say: `npm run docs` writes it', async () => {
    await expect(httpApiPage(openApiDocument(new ApiWorld().app))).toMatchFileSnapshot(path.pathname)
  })

  test('[API10] every route has a name of its own, a summary, and an answer for failures', async () => {
    const { status, json } = await new ApiWorld().asks('GET /openapi.json', { token: null })
    expect(status).toBe(200)
    const { openapi, paths } = json as { openapi: string; paths: Record<string, Record<string, Described>> }
    expect(openapi).toBe('3.1.0')
    const routes = Object.values(paths).flatMap(methods => Object.values(methods))
    expect(new Set(routes.map(({ operationId }) => operationId)).size).toBe(routes.length)
    for (const { summary, responses } of routes) {
      expect(summary).toMatch(/\w/)
      expect(Object.keys(responses)).toContain('default')
    }
  })
})
