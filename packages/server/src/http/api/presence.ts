import { createRoute, z } from '@hono/zod-openapi'
import type { PresencePage, PresentFacts } from './answers.ts'
import type { ApiContext } from './api-context.ts'
import { type ApiApp, allowed, documentParams, problems } from './routing.ts'

const presence: z.ZodType<PresencePage> = z
  .object({ present: z.array(z.object({ client: z.number().int(), state: z.record(z.string(), z.unknown()) })) })
  .openapi('Presence', { example: { present: [{ client: 3_141_592, state: { user: { id: 'ana', name: 'Ana' } } }] } })

/** Who is in a document now. */
export function presenceRoutes(app: ApiApp, api: ApiContext): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/documents/{name}/presence',
      tags: ['content'],
      operationId: 'readPresence',
      summary: 'Who is in a document',
      description:
        'What each client says of itself; the `user` is written by the server where people have to say who they are.',
      request: { params: documentParams },
      responses: {
        200: { description: 'Everybody.', content: { 'application/json': { schema: presence } } },
        ...problems,
      },
    }),
    async c => {
      const doc = await allowed(api, c, 'document.presence', c.req.valid('param').name)
      const entries = api.house.get(doc)?.presence.all() ?? []
      const present = entries.map(({ client, state }) => ({
        client,
        state: JSON.parse(state) as PresentFacts['state'],
      }))
      return c.json({ present }, 200)
    },
  )
}
