import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Context, Handler } from 'hono'
import { isLoopback } from '../config/loopback.ts'

export interface MetricsRouteOptions {
  /** The page in Prometheus' text format. */
  readonly metrics: () => Promise<string>
  /** Asked for as a bearer token, from wherever it is; null: only whoever is on this machine is answered. */
  readonly token: string | null
}

/**
 * `GET /metrics`: how many people work on how much is nobody else's business (SPEC SRV26). Behind a proxy everybody comes
 * from loopback, so what was forwarded needs the token.
 */
export function metricsRoute({ metrics, token }: MetricsRouteOptions): Handler {
  return async c => {
    const isAllowed = token === null ? isLocal(c) : isSame(bearer(c), token)
    if (isAllowed) return c.text(await metrics(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    const why = token === null ? 'from elsewhere only with a token: set metricsToken' : 'the bearer token is not it'
    return c.text(`${why}\n`, token === null ? 403 : 401)
  }
}

function bearer(c: Context): string {
  return /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? ''
}

/** In the same time wherever they differ. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}

/** Asked by a program on this machine, and not by a proxy or a page in its browser. */
function isLocal(c: Context): boolean {
  const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage }
  const address = incoming?.socket.remoteAddress ?? ''
  const host = (c.req.header('host') ?? '').replace(/:\d+$/, '')
  const isForwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some(
    name => c.req.header(name) !== undefined,
  )
  return isLoopback(address.replace(/^::ffff:/, '')) && isLoopback(host) && !isForwarded
}
