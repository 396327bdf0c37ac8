import { relative, resolve } from 'node:path'
import { serveStatic } from '@hono/node-server/serve-static'
import type { Env } from '@tutti/core'
import { Hono } from 'hono'
import type { Logger } from '../runtime/logger.ts'
import type { ApiApp } from './api/routing.ts'
import { metricsRoute, type MetricsRouteOptions } from './metrics-route.ts'
import { requestLog } from './request-log.ts'

export interface Readiness {
  readonly ready: boolean
  /** Why not, in words; empty while it is. */
  readonly reasons: readonly string[]
}

export interface HttpOptions {
  readonly env: Env
  readonly logger: Logger
  readonly readiness: () => Readiness
  readonly metrics: MetricsRouteOptions
  /** Everything under /v1. */
  readonly api: ApiApp
  /** A folder with a site to serve at `/`. */
  readonly site: string | null
}

/** Routes only: health, figures and the API for machines, and a site for people. */
export function createApp(options: HttpOptions): Hono {
  const app = new Hono()
  app.use('*', requestLog(options.env, options.logger))
  app.get('/healthz', c => c.json({ status: 'ok' }))
  app.get('/readyz', c => {
    const { ready, reasons } = options.readiness()
    return c.json({ status: ready ? 'ready' : 'not ready', reasons }, ready ? 200 : 503)
  })
  app.get('/metrics', metricsRoute(options.metrics))
  app.route('/', options.api)
  if (options.site === null) {
    app.get('/', c => c.text('Tutti is running. Point a y-websocket or Tutti provider here.\n'))
    return app
  }
  const root = relative(process.cwd(), resolve(options.site)) || '.'
  app.use('*', async (c, next) => {
    await next()
    c.res.headers.set('x-content-type-options', 'nosniff')
    // Names of built assets carry a hash of their content; everything else must be asked for again, and so must a name
    // that is not there yet.
    const isForEver = c.res.status === 200 && c.req.path.includes('/assets/')
    c.res.headers.set('cache-control', isForEver ? 'public, max-age=31536000, immutable' : 'no-cache')
  })
  app.get('*', serveStatic({ root }))
  return app
}
