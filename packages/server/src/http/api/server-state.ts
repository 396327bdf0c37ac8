import { createRoute, z } from '@hono/zod-openapi'
import type { Drained } from './answers.ts'
import type { ApiContext } from './api-context.ts'
import { type ApiApp, allowedHere, problems } from './routing.ts'

const wait = z.number().int().min(0).max(3_600_000)
const drainRequest = z
  .object({
    afterMs: wait.default(500).openapi({ description: 'When clients come back at the earliest.' }),
    jitterMs: wait.default(2_000).openapi({ description: 'Within how long after that, each at its own moment.' }),
  })
  .openapi('DrainRequest')
const drained: z.ZodType<Drained> = z
  .object({ connections: z.number().int() })
  .openapi('Drained', { example: { connections: 412 } })
const revocationRequest = z
  .object({
    kind: z.enum(['subject', 'device', 'token']),
    name: z.string().min(1).max(1_000),
    before: z
      .number()
      .optional()
      .openapi({ description: 'Tokens made before (milliseconds since 1970); now by default.' }),
  })
  .openapi('Revocation', { example: { kind: 'subject', name: 'ana' } })

/** What is done to the server as a whole. */
export function serverRoutes(app: ApiApp, api: ApiContext): void {
  const tags = ['server']

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/drain',
      tags,
      operationId: 'drain',
      summary: 'Send everybody away before a stop',
      description:
        'The server is not ready any more, lets nobody in and tells clients when to come back. It runs on until it is stopped.',
      request: { body: { content: { 'application/json': { schema: drainRequest } } } },
      responses: {
        202: { description: 'They are told.', content: { 'application/json': { schema: drained } } },
        ...problems,
      },
    }),
    async c => {
      await allowedHere(api, c, 'server.drain')
      const { afterMs, jitterMs } = drainRequest.parse(c.req.valid('json'))
      return c.json({ connections: api.drain(afterMs, jitterMs) }, 202)
    },
  )

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/revocations',
      tags,
      operationId: 'revoke',
      summary: 'Revoke tokens',
      description:
        'Those of a subject or a device made before a moment, or one by its `jti`. In force at once, also for who is connected; kept for ever.',
      request: { body: { required: true, content: { 'application/json': { schema: revocationRequest } } } },
      responses: { 204: { description: 'It is on disk and in force.' }, ...problems },
    }),
    async c => {
      await allowedHere(api, c, 'tokens.revoke')
      const { kind, name, before = api.env.clock.now() } = c.req.valid('json')
      await api.revoke({ kind, name, before })
      api.logger.info({ kind, name, subject: c.get('identity').subject }, 'tokens revoked')
      return c.body(null, 204)
    },
  )
}
