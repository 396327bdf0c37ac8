import { createRoute, z } from '@hono/zod-openapi'
import type { Finding } from '@tutti/core'
import { compactRoom } from '../../compaction/compact-room.ts'
import { deleteDocument, purgeDocument, undeleteDocument } from '../../room/deletion.ts'
import type { Compacted, DocumentFacts, DocumentPage, Receipt } from './answers.ts'
import type { ApiContext } from './api-context.ts'
import { openBorn } from './edit-desk.ts'
import { listDocuments } from './list-documents.ts'
import { ApiError } from './problem.ts'
import { type ApiApp, allowed, documentParams, problems } from './routing.ts'

const deletion = z
  .object({ at: z.number().openapi({ description: 'Milliseconds since 1970.' }), by: z.string() })
  .openapi('Deletion', { example: { at: 1_760_000_000_000, by: 'ana' } })
const listed = {
  name: z.string(),
  epoch: z.string().openapi({ description: 'Born with the document; another one means another document of the name.' }),
  head: z.number().int().openapi({ description: 'The position of its last entry.' }),
  checkpoint: z.number().int().openapi({ description: 'The position up to which it is folded; 0 for none.' }),
  deleted: deletion.nullable(),
}
const example = { name: 'team/notes', epoch: '7k2m0c', head: 812, checkpoint: 500, deleted: null }
const page: z.ZodType<DocumentPage> = z
  .object({
    documents: z.array(z.object(listed).openapi('ListedDocument', { example })),
    cursor: z.string().nullable(),
  })
  .openapi('DocumentPage', { example: { documents: [example], cursor: null } })
const facts: z.ZodType<DocumentFacts> = z
  .object({
    ...listed,
    bytes: z.number().int(),
    readers: z.number().int(),
    findings: z.array(z.object({ kind: z.string(), from: z.number(), to: z.number(), message: z.string() })),
  })
  .openapi('Document', { example: { ...example, bytes: 40_960, readers: 2, findings: [] } })
const receipt: z.ZodType<Receipt> = z
  .object({ document: z.string(), epoch: z.string(), head: z.number().int(), deleted: deletion, purged: deletion })
  .openapi('Receipt', {
    example: {
      document: 'team/notes',
      epoch: '7k2m0c',
      head: 812,
      deleted: { at: 1_760_000_000_000, by: 'ana' },
      purged: { at: 1_760_086_400_000, by: 'ben' },
    },
  })
const compacted: z.ZodType<Compacted> = z
  .object({ bytesBefore: z.number(), bytesAfter: z.number(), entriesFolded: z.number() })
  .openapi('Compaction', { example: { bytesBefore: 91_204, bytesAfter: 12_288, entriesFolded: 812 } })

/** Documents as wholes: what there is, and what becomes of it. */
export function documentRoutes(app: ApiApp, api: ApiContext): void {
  const { house, env, logger } = api
  const tags = ['documents']
  const missing = () => new ApiError('not-found', 'there is no such document')

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/documents',
      tags,
      operationId: 'listDocuments',
      summary: 'List documents',
      description:
        'Those that may be read, in the order of their names. A page can be short, or empty, and still have a cursor: follow it until it is `null`.',
      request: {
        query: z.object({
          prefix: z
            .string()
            .max(256)
            .optional()
            .openapi({ description: 'What the names begin with.', example: 'team/' }),
          limit: z.coerce
            .number()
            .int()
            .min(1)
            .max(1_000)
            .default(100)
            .openapi({ description: 'Documents of a page.' }),
          cursor: z.string().max(2_000).optional().openapi({ description: 'From the page before.' }),
          deleted: z
            .enum(['no', 'yes', 'only'])
            .default('no')
            .openapi({ description: 'Whether those that can be brought back are listed.' }),
        }),
      },
      responses: { 200: { description: 'A page.', content: { 'application/json': { schema: page } } }, ...problems },
    }),
    async c => c.json(await listDocuments(api, c.get('identity'), c.req.valid('query')), 200),
  )

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/documents/{name}',
      tags,
      operationId: 'getDocument',
      summary: 'What is known of a document',
      description:
        'Of a deleted one, too. `findings` names what is damaged: such a document can be read, and is not written.',
      request: { params: documentParams },
      responses: {
        200: { description: 'Its facts.', content: { 'application/json': { schema: facts } } },
        ...problems,
      },
    }),
    async c => {
      const doc = await allowed(api, c, 'document.read-json', c.req.valid('param').name)
      const opened = await house.log.open(doc)
      if (opened.epoch === null && opened.findings.length === 0) throw missing()
      let bytes = opened.checkpoint?.bytes.length ?? 0
      opened.eachUpdate((_, from, to) => {
        bytes += to - from
      })
      const { epoch, head, checkpoint, deleted, findings } = opened
      const readers = house.get(doc)?.readers.size ?? 0
      const shown = findings.map(({ kind, from, to, message }: Finding) => ({ kind, from, to, message }))
      return c.json(
        {
          name: doc,
          epoch: epoch ?? '',
          head,
          checkpoint: checkpoint?.seq ?? 0,
          deleted,
          bytes,
          readers,
          findings: shown,
        },
        200,
      )
    },
  )

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/documents/{name}',
      tags,
      operationId: 'deleteDocument',
      summary: 'Delete a document',
      description:
        'Nobody can open it any more (`deleted`), and who has it open is told. It can be brought back until the restore window is over; then it is removed for good.',
      request: { params: documentParams },
      responses: { 204: { description: 'It is deleted.' }, ...problems },
    }),
    async c => {
      const doc = await allowed(api, c, 'document.delete', c.req.valid('param').name)
      const { subject } = c.get('identity')
      if (!(await deleteDocument(house, doc, subject, env.clock.now()))) throw missing()
      logger.info({ doc, subject }, 'document deleted')
      return c.body(null, 204)
    },
  )

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/documents/{name}/undelete',
      tags,
      operationId: 'undeleteDocument',
      summary: 'Bring a deleted document back',
      request: { params: documentParams },
      responses: { 204: { description: 'It can be opened again.' }, ...problems },
    }),
    async c => {
      const doc = await allowed(api, c, 'document.undelete', c.req.valid('param').name)
      if (!(await undeleteDocument(house, doc))) throw missing()
      logger.info({ doc, subject: c.get('identity').subject }, 'document brought back')
      return c.body(null, 204)
    },
  )

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/documents/{name}/purge',
      tags,
      operationId: 'purgeDocument',
      summary: 'Remove a deleted document for good',
      description:
        'It has to be deleted first (`not-deleted`). Everything it had is removed, its history too; copies on devices become branches there. The receipt is all that is left.',
      request: { params: documentParams },
      responses: {
        200: { description: 'The receipt.', content: { 'application/json': { schema: receipt } } },
        ...problems,
      },
    }),
    async c => {
      const doc = await allowed(api, c, 'document.purge', c.req.valid('param').name)
      const { subject } = c.get('identity')
      const given = await purgeDocument(house, doc, subject, env.clock.now())
      if (given === null) {
        const { epoch } = await house.log.open(doc)
        throw epoch === null ? missing() : new ApiError('not-deleted', 'only a deleted document is removed for good')
      }
      logger.info({ doc, receipt: given }, 'a deleted document was removed for good')
      return c.json(given, 200)
    },
  )

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/documents/{name}/compact',
      tags,
      operationId: 'compactDocument',
      summary: 'Compact a document now',
      description: 'Folds its entries into a checkpoint; they stay as history. The server does it by itself, too.',
      request: { params: documentParams },
      responses: {
        200: { description: 'What it gained.', content: { 'application/json': { schema: compacted } } },
        ...problems,
      },
    }),
    async c => {
      const doc = await allowed(api, c, 'document.compact', c.req.valid('param').name)
      const room = await openBorn(house, doc)
      const report = await compactRoom(room, house.log, api.content, env)
      return c.json(report ?? { bytesBefore: room.byteLength, bytesAfter: room.byteLength, entriesFolded: 0 }, 200)
    },
  )
}
