import { hc } from 'hono/client'
import type { Api } from './http/api/api-type.ts'

export type {
  Compacted,
  ConnectionPage,
  DocumentFacts,
  DocumentPage,
  Drained,
  EditResult,
  PresencePage,
  Receipt,
} from './http/api/answers.ts'
export type { Problem, ProblemCode } from './http/api/problem.ts'

/** A typed client of the HTTP API: `client.v1.documents[':name'].content.$get({ param: documentParam('song') })`. */
export type ApiClient = ReturnType<typeof hc<Api>>

/** A token, or where to get one: asked for at every request. */
export type ApiToken = string | (() => string | Promise<string>)

/**
 * A client of the server at `url` (`https://tutti.example`). Every call gives a `Response`: `ok`, or with a `Problem` as its
 * JSON. Rejects only where the server cannot be reached.
 */
export function createApiClient(url: string, token?: ApiToken): ApiClient {
  return hc<Api>(url, {
    async headers(): Promise<Record<string, string>> {
      const given = typeof token === 'function' ? await token() : token
      return given === undefined ? {} : { authorization: `Bearer ${given}` }
    },
  })
}

/** The name of a document, as a parameter of its routes: it may hold what a segment of a path may not. */
export function documentParam(name: string): { name: string } {
  return { name: encodeURIComponent(name) }
}
