import { type Env, randomWord } from '@tutti/core'
import type { MiddlewareHandler } from 'hono'
import type { Logger } from '../runtime/logger.ts'

const idLetters = 12
/** An id of whoever asked is taken over, so that a line can be found from the other end. */
const fitId = /^[\w-]{1,64}$/

/**
 * Gives every request an id, answers with it, and writes one line for it: method, path and status, never the query, which
 * may hold a token. What people and machines do every few seconds is told only to who debugs.
 */
export function requestLog(env: Env, logger: Logger): MiddlewareHandler {
  return async (c, next) => {
    const started = env.clock.ticks()
    const given = c.req.header('x-request-id') ?? ''
    const requestId = fitId.test(given) ? given : randomWord(env.random, idLetters)
    await next()
    c.res.headers.set('x-request-id', requestId)
    const { status } = c.res
    const ms = Math.round(env.clock.ticks() - started)
    const facts = { requestId, method: c.req.method, path: c.req.path, status, ms }
    if (status >= 500 && !isProbe(c.req.path)) logger.error(facts, 'request')
    else if (c.req.path.startsWith('/v1/')) logger.info(facts, 'request')
    else logger.debug(facts, 'request')
  }
}

/** A server that is not ready says so on purpose. */
function isProbe(path: string): boolean {
  return path === '/readyz'
}
