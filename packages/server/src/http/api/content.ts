import { createRoute, z } from '@hono/zod-openapi'
import { decodeStateVector, resyncLimits, scanUpdate } from '@tutti/core'
import { bodyLimit } from 'hono/body-limit'
import type { PatchKind } from '../../content/content.ts'
import type { Room } from '../../room/room.ts'
import type { EditResult } from './answers.ts'
import type { ApiContext } from './api-context.ts'
import { EditDesk, openBorn } from './edit-desk.ts'
import { ApiError, problemResponse } from './problem.ts'
import { SharedReads } from './shared-reads.ts'
import { type ApiApp, allowed, documentParams, etagOf, names, problems } from './routing.ts'

const edited: z.ZodType<EditResult> = z
  .object({ seq: z.number().int(), changed: z.boolean() })
  .openapi('Edited', { example: { seq: 813, changed: true } })

const maxPatchBytes = 1024 * 1024
const maxSeedBytes = resyncLimits.maxBytes

const patchExample = [
  { op: 'test', path: '/songs/anthem/title', value: 'Anthem' },
  { op: 'replace', path: '/songs/anthem/title', value: 'Hymn' },
  { op: 'add', path: '/order/-', value: 'hymn' },
]

/** What is in a document: reading it, changing it, making it. */
export function contentRoutes(app: ApiApp, api: ApiContext): void {
  const { house, content, env } = api
  const desk = new EditDesk(house, content, env)
  const reads = new SharedReads(content)
  const tags = ['content']
  const tooLarge = (maxBytes: number) => () => problemResponse('too-large', `a body has at most ${maxBytes} bytes`)

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/documents/{name}/content',
      tags,
      operationId: 'readContent',
      summary: 'Read a document as JSON',
      description:
        'An object of its roots. What a root is follows from what is in it: named values make a map, text a text, elements XML, anything else an array; one that holds nothing is left out. Texts are strings, elements of XML `{name, attributes, children}`, bytes `{"$bytes": base64}`. With an `ETag`: ask again with `If-None-Match`.',
      request: { params: documentParams },
      responses: {
        200: {
          description: 'The document.',
          content: {
            'application/json': { schema: { type: 'object', example: { notes: 'slowly', order: ['anthem'] } } },
          },
        },
        304: { description: 'It is as the entity tag says.' },
        ...problems,
      },
    }),
    async c => {
      const doc = await allowed(api, c, 'document.read-json', c.req.valid('param').name)
      const room = await openBorn(house, doc)
      const etag = etagOf(room, 'json')
      if (names(c.req.header('if-none-match'), etag)) return c.body(null, 304, { etag })
      const text = await reads.read(room)
      return c.body(text, 200, { 'content-type': 'application/json', etag })
    },
  )

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/documents/{name}/update',
      tags,
      operationId: 'readUpdate',
      summary: 'Read a document as a Yjs update',
      description: 'What a state vector lacks, and everything that is deleted; the whole document without one. Yjs V1.',
      request: {
        params: documentParams,
        query: z.object({
          stateVector: z
            .string()
            .max(2_000_000)
            .optional()
            .openapi({ description: '`Y.encodeStateVector` of what is there already, in base64url.', example: 'AA' }),
        }),
      },
      responses: {
        200: {
          description: 'The update.',
          content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
        },
        304: { description: 'It is as the entity tag says.' },
        ...problems,
      },
    }),
    async c => {
      const doc = await allowed(api, c, 'document.read-update', c.req.valid('param').name)
      const { stateVector } = c.req.valid('query')
      const known = stateVector === undefined ? null : decodeStateVector(Buffer.from(stateVector, 'base64url'))
      if (known !== null && !known.ok) throw new ApiError(known.error.code, known.error.message)
      const room = await openBorn(house, doc)
      const etag = etagOf(room, stateVector ?? '')
      if (names(c.req.header('if-none-match'), etag)) return c.body(null, 304, { etag })
      const update = room.diff(known?.value).slice()
      return c.body(update.buffer, 200, { 'content-type': 'application/octet-stream', etag })
    },
  )

  app.openapi(
    createRoute({
      method: 'patch',
      path: '/v1/documents/{name}/content',
      tags,
      operationId: 'patchContent',
      summary: 'Change a document',
      description:
        'A JSON patch (RFC 6902) or a merge patch (RFC 7396), as the content type says; with `application/json` an array is the one, an object the other. Taken as a whole or not at all, as one edit of whoever asks; answered when it is on disk. Only what differs is written. `If-Match` with the tag of `content` makes sure that nothing has changed since.',
      middleware: bodyLimit({ maxSize: maxPatchBytes, onError: tooLarge(maxPatchBytes) }),
      request: {
        params: documentParams,
        body: {
          required: true,
          content: {
            'application/json-patch+json': {
              schema: { type: 'array', items: { type: 'object' }, example: patchExample },
            },
            'application/merge-patch+json': {
              schema: { type: 'object', example: { songs: { anthem: { title: 'Hymn' } } } },
            },
          },
        },
      },
      responses: {
        200: { description: 'It is on disk.', content: { 'application/json': { schema: edited } } },
        ...problems,
      },
    }),
    async c => {
      const doc = await allowed(api, c, 'document.patch', c.req.valid('param').name)
      const patch = new Uint8Array(await c.req.arrayBuffer())
      const kind = patchKindOf(c.req.header('content-type'), patch)
      const tag = c.req.header('if-match')
      const expected = (room: Room) => {
        if (tag === undefined || names(tag, etagOf(room, 'json'))) return
        throw new ApiError('precondition-failed', 'the document has changed since')
      }
      const { seq, changed } = await desk.patch(doc, c.get('identity'), kind, patch, expected)
      return c.json({ seq, changed }, 200)
    },
  )

  app.openapi(
    createRoute({
      method: 'put',
      path: '/v1/documents/{name}',
      tags,
      operationId: 'createDocument',
      summary: 'Make a document',
      description:
        'Of JSON (an object of roots: objects become maps, arrays arrays, strings at the top texts) or of a Yjs V1 update. Only where there is none: of several that come at once one is taken, the others are told `not-empty`. Answered when it is on disk.',
      middleware: bodyLimit({ maxSize: maxSeedBytes, onError: tooLarge(maxSeedBytes) }),
      request: {
        params: documentParams,
        body: {
          required: true,
          content: {
            'application/vnd.tutti.content+json': {
              schema: { type: 'object', example: { notes: '', order: ['anthem'] } },
            },
            'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
          },
        },
      },
      responses: {
        201: { description: 'It is on disk.', content: { 'application/json': { schema: edited } } },
        ...problems,
      },
    }),
    async c => {
      const doc = await allowed(api, c, 'document.create', c.req.valid('param').name)
      const body = new Uint8Array(await c.req.arrayBuffer())
      const type = mediaType(c.req.header('content-type'))
      const who = c.get('identity')
      if (type !== 'application/octet-stream') {
        if (!isJson(type)) throw unsupported('JSON or application/octet-stream')
        return c.json({ ...(await desk.createOf(doc, who, body)) }, 201)
      }
      const scan = scanUpdate(body, resyncLimits)
      if (!scan.ok) throw new ApiError(scan.error.code, scan.error.message)
      return c.json({ ...(await desk.create(doc, who, body)) }, 201)
    },
  )
}

function mediaType(header: string | undefined): string {
  return (header ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

function isJson(type: string): boolean {
  return type === 'application/json' || type === 'application/vnd.tutti.content+json'
}

function patchKindOf(header: string | undefined, patch: Uint8Array): PatchKind {
  switch (mediaType(header)) {
    case 'application/json-patch+json':
      return 'json-patch'
    case 'application/merge-patch+json':
      return 'merge-patch'
    case 'application/json':
      return patch.find(byte => byte > 0x20) === openBracket ? 'json-patch' : 'merge-patch'
    default:
      throw unsupported('application/json-patch+json or application/merge-patch+json')
  }
}

const openBracket = 0x5b

function unsupported(wanted: string): ApiError {
  return new ApiError('unsupported-media', `the content type of the body is to be ${wanted}`)
}
