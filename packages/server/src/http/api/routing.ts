import { createHash } from 'node:crypto'
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { type DocName, type Operation, parseDocName } from '@tutti/core'
import type { Context } from 'hono'
import type { Room } from '../../room/room.ts'
import type { ApiContext, ApiEnv } from './api-context.ts'
import { ApiError, type Problem, problemCodes } from './problem.ts'

/** An app of routes that say what they are; what does not fit its schema is a `bad-request`. */
export type ApiApp = OpenAPIHono<ApiEnv>

export function createApiApp(): ApiApp {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: result => {
      if (result.success) return
      const [issue] = result.error.issues
      throw new ApiError('bad-request', `${result.target} ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}`)
    },
  })
}

const problem: z.ZodType<Problem> = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(problemCodes),
  })
  .openapi('Problem', {
    example: {
      type: 'urn:tutti:problem:not-found',
      title: 'not found',
      status: 404,
      detail: 'there is no such document',
      code: 'not-found',
    },
  })

/** Every route can also answer with a problem. */
export const problems: {
  readonly default: {
    readonly description: string
    readonly content: { readonly 'application/problem+json': { readonly schema: z.ZodType<Problem> } }
  }
} = {
  default: { description: 'A problem, with its code.', content: { 'application/problem+json': { schema: problem } } },
}

export const documentParams: z.ZodObject<{ name: z.ZodString }> = z.object({
  name: z.string().openapi({
    param: { name: 'name', in: 'path' },
    description:
      'The name of the document, percent-encoded as one segment of the path: `team/notes` is `team%2Fnotes`.',
    example: 'team%2Fnotes',
  }),
})

/** The document a request is about, once whoever asks may do this to it. Throws `bad-name` and `forbidden`. */
export async function allowed(
  api: ApiContext,
  c: Context<ApiEnv>,
  operation: Operation,
  name: string,
): Promise<DocName> {
  const doc = parseDocName(name)
  if (!doc.ok) throw new ApiError('bad-name', doc.error)
  if (!(await api.guard.may(c.get('identity'), operation, doc.value))) throw new ApiError('forbidden', 'not for you')
  return doc.value
}

/** The same for what is about the server. */
export async function allowedHere(api: ApiContext, c: Context<ApiEnv>, operation: Operation): Promise<void> {
  if (!(await api.guard.may(c.get('identity'), operation, null))) throw new ApiError('forbidden', 'not for you')
}

/** Changes whenever the document does; the same after a restart. `of` names what is read of it. */
export function etagOf(room: Room, of = ''): string {
  const parts = of === '' ? '' : `.${createHash('sha256').update(of).digest('base64url').slice(0, 12)}`
  return `"${room.epoch}.${room.head}${parts}"`
}

/** Whether a header of entity tags names this one. */
export function names(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || header.split(',').some(tag => tag.trim().replace(/^W\//, '') === etag)
}
