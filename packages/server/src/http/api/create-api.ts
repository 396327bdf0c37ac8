import { TuttiError } from '@tutti/core'
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { isLoopbackHost, isNamed, mayComeFrom } from '../../access/origin.ts'
import type { ApiContext, ApiEnv } from './api-context.ts'
import { connectionRoutes } from './connections.ts'
import { contentRoutes } from './content.ts'
import { documentRoutes } from './documents.ts'
import { type OpenApiDocument, openApiDocument } from './open-api.ts'
import { presenceRoutes } from './presence.ts'
import { ApiError, problemResponse } from './problem.ts'
import { type ApiApp, createApiApp } from './routing.ts'
import { serverRoutes } from './server-state.ts'

/** What a route takes that does not say so itself. */
const maxBodyBytes = 64 * 1024

/** The HTTP API, version 1: everything under /v1. */
export function createApi(api: ApiContext): ApiApp {
  const app = createApiApp()
  app.onError((error, c) => {
    if (error instanceof ApiError) return problemResponse(error.code, error.message)
    if (error instanceof TuttiError) return problemResponse(error.code, error.message)
    if (error instanceof HTTPException) return problemResponse('bad-request', 'the body is not JSON')
    api.logger.error({ path: c.req.path, error: String(error) }, 'a request failed')
    return problemResponse('internal', 'something went wrong here')
  })
  app.use('/v1/*', keepStrangersOut(api))
  const unlimited = new Set(['PUT', 'PATCH'])
  const limited = bodyLimit({
    maxSize: maxBodyBytes,
    onError: () => problemResponse('too-large', `a body has at most ${maxBodyBytes} bytes`),
  })
  app.use('/v1/*', (c, next) => (unlimited.has(c.req.method) ? next() : limited(c, next)))
  let description: OpenApiDocument | null = null
  app.get('/v1/openapi.json', c => {
    description ??= openApiDocument(app)
    return c.json(description)
  })
  app.use('/v1/*', identified(api))
  documentRoutes(app, api)
  contentRoutes(app, api)
  presenceRoutes(app, api)
  connectionRoutes(app, api)
  serverRoutes(app, api)
  app.all('/v1/*', () => problemResponse('not-found', 'there is nothing here'))
  return app
}

/** Pages of other sites may not ask, and are not told; those that were named may, and are (SPEC API1). */
function keepStrangersOut({ origins, onlyLoopback }: ApiContext): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const origin = c.req.header('origin')
    const host = c.req.header('host') ?? new URL(c.req.url).host
    const isForeign = !mayComeFrom(origin, host, origins) || (onlyLoopback && !isLoopbackHost(host))
    if (isForeign) return problemResponse('forbidden', 'this origin may not ask')
    const isShared = origin !== undefined && isNamed(origin, origins)
    if (isShared && c.req.method === 'OPTIONS') return preflight(origin)
    await next()
    c.res.headers.append('vary', 'origin')
    c.res.headers.set('cache-control', 'private, no-cache')
    c.res.headers.set('x-content-type-options', 'nosniff')
    if (!isShared) return undefined
    c.res.headers.set('access-control-allow-origin', origin)
    c.res.headers.set('access-control-expose-headers', 'etag, x-request-id, retry-after')
    return undefined
  }
}

function preflight(origin: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, PUT, PATCH, POST, DELETE',
      'access-control-allow-headers': 'authorization, content-type, if-match, if-none-match, x-request-id',
      'access-control-max-age': '600',
      vary: 'origin',
    },
  })
}

/** Nothing is asked of anybody but what `Authorization: Bearer` says: no cookie, no address. */
function identified({ guard }: ApiContext): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const header = c.req.header('authorization')
    const token = header === undefined ? '' : (/^Bearer +([^ ]+)$/i.exec(header)?.[1] ?? null)
    const identity = token === null ? 'unauthorized' : await guard.identify(token)
    if (identity === 'unauthorized') return problemResponse('unauthorized', 'the token is missing or not valid')
    if (identity === 'internal') return problemResponse('internal', 'nobody can be identified now')
    c.set('identity', identity)
    await next()
    return undefined
  }
}
