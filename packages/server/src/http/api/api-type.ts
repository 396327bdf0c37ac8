import type { Hono } from 'hono'
import type {
  Compacted,
  ConnectionPage,
  DocumentFacts,
  DocumentPage,
  Drained,
  DrainRequest,
  EditResult,
  PresencePage,
  Receipt,
  RevocationRequest,
} from './answers.ts'
import type { Problem } from './problem.ts'

/** Statuses of problems. */
type Failing = 400 | 401 | 403 | 404 | 409 | 410 | 412 | 413 | 415 | 422 | 429 | 500 | 503

/** A route as a typed client sees it: what it takes, what it gives, and that it can fail. */
type Route<Input, Output, Status extends number = 200> =
  | { input: Input; output: Output; outputFormat: Output extends object ? 'json' : 'body'; status: Status }
  | { input: Input; output: Problem; outputFormat: 'json'; status: Failing }

interface Named {
  /** Made by `documentParam`. */
  param: { name: string }
}

interface ListQuery {
  query: { prefix?: string; limit?: string; cursor?: string; deleted?: 'no' | 'yes' | 'only' }
}

/** Every route, as `hc` of Hono wants it. Written by hand, so that nothing of the server comes along; a test holds it to the routes. */
export interface ApiSchema {
  '/v1/documents': { $get: Route<ListQuery, DocumentPage> }
  '/v1/documents/:name': {
    $get: Route<Named, DocumentFacts>
    $put: Route<Named & { json: object }, EditResult, 201>
    $delete: Route<Named, null, 204>
  }
  '/v1/documents/:name/undelete': { $post: Route<Named, null, 204> }
  '/v1/documents/:name/purge': { $post: Route<Named, Receipt> }
  '/v1/documents/:name/compact': { $post: Route<Named, Compacted> }
  '/v1/documents/:name/content': {
    $get: Route<Named, Record<string, unknown>>
    /** An array is a JSON patch, an object a merge patch. */
    $patch: Route<Named & { json: object }, EditResult>
  }
  '/v1/documents/:name/update': { $get: Route<Named & { query: { stateVector?: string } }, null> }
  '/v1/documents/:name/presence': { $get: Route<Named, PresencePage> }
  '/v1/connections': { $get: Route<object, ConnectionPage> }
  '/v1/connections/:id': { $delete: Route<{ param: { id: string } }, null, 204> }
  '/v1/drain': { $post: Route<{ json: DrainRequest }, Drained, 202> }
  '/v1/revocations': { $post: Route<{ json: RevocationRequest }, null, 204> }
}

// biome-ignore lint/complexity/noBannedTypes: Hono's own word for "no environment".
export type Api = Hono<{}, { [Path in keyof ApiSchema]: ApiSchema[Path] }, '/'>
