import { createRoute, z } from '@hono/zod-openapi'
import type { ConnectionPage } from './answers.ts'
import type { ApiContext } from './api-context.ts'
import { ApiError } from './problem.ts'
import { type ApiApp, allowedHere, problems } from './routing.ts'

const connections: z.ZodType<ConnectionPage> = z
  .object({
    connections: z.array(
      z.object({
        id: z.string(),
        dialect: z.enum(['native', 'stock']),
        subject: z.string(),
        device: z.string(),
        documents: z.array(z.string()),
      }),
    ),
  })
  .openapi('Connections', {
    example: {
      connections: [{ id: '17', dialect: 'native', subject: 'ana', device: 'phone', documents: ['team/notes'] }],
    },
  })

/** Who is connected, and who has to go. */
export function connectionRoutes(app: ApiApp, api: ApiContext): void {
  const tags = ['server']

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/connections',
      tags,
      operationId: 'listConnections',
      summary: 'List connections',
      responses: {
        200: { description: 'All of them.', content: { 'application/json': { schema: connections } } },
        ...problems,
      },
    }),
    async c => {
      await allowedHere(api, c, 'connections.list')
      return c.json({ connections: api.connections.list() }, 200)
    },
  )

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/connections/{id}',
      tags,
      operationId: 'kickConnection',
      summary: 'End a connection',
      description:
        'With close code 4403: its client stays away until it is told to connect. A token stays good: see revocations.',
      request: { params: z.object({ id: z.string().openapi({ example: '17' }) }) },
      responses: { 204: { description: 'It is ended.' }, ...problems },
    }),
    async c => {
      await allowedHere(api, c, 'connections.kick')
      const { id } = c.req.valid('param')
      if (!api.connections.kick(id)) throw new ApiError('not-found', 'there is no such connection')
      api.logger.info({ connection: id, subject: c.get('identity').subject }, 'connection ended by an administrator')
      return c.body(null, 204)
    },
  )
}
