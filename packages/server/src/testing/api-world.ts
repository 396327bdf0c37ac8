import type { Permission } from '@tutti/core'
import type { Authorize } from '../access/authorize.ts'
import { Door } from '../access/door.ts'
import { type Revocation, Revocations } from '../access/revocations.ts'
import type { ApiContext } from '../http/api/api-context.ts'
import { createApi } from '../http/api/create-api.ts'
import type { ApiApp } from '../http/api/routing.ts'
import { silentLogger } from '../runtime/logger.ts'
import { inlineContent } from './inline-content.ts'
import { World } from './world.ts'

/** What each token may do: with every document but those under `private/`, and with the server. */
const people: Readonly<Record<string, Permission | null>> = {
  nobody: null,
  reader: 'read',
  writer: 'write',
  admin: 'admin',
}

const authorize: Authorize = {
  identify: token => (Object.hasOwn(people, token) ? { subject: token } : null),
  permit: ({ subject }, doc) => (doc.startsWith('private/') && subject !== 'admin' ? null : (people[subject] ?? null)),
  permitServer: ({ subject }) => people[subject] ?? null,
}

export interface ApiAsk {
  readonly token?: string | null
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  /** Parsed, where it is JSON. */
  readonly json: unknown
  readonly bytes: Uint8Array
}

/** The API over a house in virtual time; `asks` gives the answer once everything has happened that it waits for. */
export class ApiWorld {
  readonly world: World = new World()
  readonly app: ApiApp
  readonly context: ApiContext
  readonly revoked: Revocation[] = []
  readonly kicked: string[] = []
  drained: readonly [number, number] | null = null

  constructor(more: Partial<ApiContext> = {}) {
    const { env, house } = this.world
    const door = new Door({ authorize, revocations: new Revocations(null), env, logger: silentLogger, recheckMs: null })
    this.context = {
      guard: door,
      house,
      content: inlineContent,
      env,
      logger: silentLogger,
      connections: {
        list: () => [{ id: '1', dialect: 'native', subject: 'ana', device: 'phone', documents: [] }],
        kick: id => {
          this.kicked.push(id)
          return id === '1'
        },
      },
      revoke: async revocation => void this.revoked.push(revocation),
      drain: (afterMs, jitterMs) => {
        this.drained = [afterMs, jitterMs]
        return 1
      },
      origins: [],
      onlyLoopback: false,
      ...more,
    }
    this.app = createApi(this.context)
  }

  /** `route` is a method and a path below /v1. */
  async asks(route: string, { token = 'admin', body, type, headers = {} }: ApiAsk = {}): Promise<ApiAnswer> {
    const [method = 'GET', path = ''] = route.split(' ')
    const asked = Promise.resolve(
      this.app.request(`http://localhost/v1${path}`, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(type === undefined ? {} : { 'content-type': type }),
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
      }),
    )
    let isAnswered = false
    const answered = () => {
      isAnswered = true
    }
    asked.then(answered, answered)
    for (let i = 0; i < 200 && !isAnswered; i++) await this.world.pass(1)
    const response = await asked
    const bytes = new Uint8Array(await response.arrayBuffer())
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    return {
      status: response.status,
      headers: response.headers,
      json: isJson ? JSON.parse(Buffer.from(bytes).toString()) : null,
      bytes,
    }
  }

  /** Makes a document of JSON. */
  async makes(name: string, json: object): Promise<void> {
    const { status, json: answer } = await this.asks(`PUT /documents/${encodeURIComponent(name)}`, {
      body: JSON.stringify(json),
      type: 'application/json',
    })
    if (status !== 201) throw new Error(JSON.stringify(answer))
  }
}
