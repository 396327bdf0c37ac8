import { type ProblemCode, problemCodes, statusOf } from '../../packages/server/src/http/api/problem.ts'
import type { OpenApiDocument } from '../../packages/server/src/http/api/open-api.ts'

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly string[]
  readonly default?: unknown
  readonly example?: unknown
  readonly examples?: readonly unknown[]
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly description?: string
  readonly schema?: Schema
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>

interface Route {
  readonly method: string
  readonly path: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>
}

/** The page that explains every route, made from the OpenAPI document: `npm run docs` writes it. */
export function httpApiPage(document: OpenApiDocument): string {
  // Plain JSON from here on: what is served, without the classes it was made of.
  const plain = JSON.parse(JSON.stringify(document)) as {
    readonly tags: readonly { readonly name: string; readonly description: string }[]
    readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<Route, 'method' | 'path'>>>>>
    readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
  }
  const routes = Object.entries(plain.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]): Route => ({ method: method.toUpperCase(), path, ...route })),
  )
  const chapters = plain.tags.map(({ name, description }) => {
    const own = routes.filter(({ tags }) => tags.includes(name))
    return `## ${capital(name)}\n\n${description}\n\n${own.map(route => section(route, plain.components.schemas)).join('\n\n')}`
  })
  return `${head}\n\n${chapters.join('\n\n')}\n\n${problemTable()}\n`
}

const head = `# HTTP API

Everything under \`/v1\` of a server. Send a token as \`Authorization: Bearer …\`; it may do over HTTP what it may do anywhere
else. Without a key for tokens only this machine may ask, and everything. The same as a document for machines is
\`GET /v1/openapi.json\` (OpenAPI 3.1); a page of another site is answered when its origin is named with \`--origins\`.

A document's name is one segment of the path, percent-encoded: \`team/notes\` is \`/v1/documents/team%2Fnotes\`.

\`\`\`sh
curl -X PUT http://127.0.0.1:1234/v1/documents/song -H 'content-type: application/json' \\
  -d '{"notes":"slowly","songs":{"anthem":{"title":"Anthem"}}}'
curl -X PATCH http://127.0.0.1:1234/v1/documents/song/content -H 'content-type: application/json' \\
  -d '[{"op":"replace","path":"/songs/anthem/title","value":"Hymn"}]'
curl http://127.0.0.1:1234/v1/documents/song/content
\`\`\`

In TypeScript there is a typed client, which brings nothing of the server along:

<!-- runs: api-client -->
\`\`\`ts
const { v1 } = createApiClient(url, token)
const song = documentParam('song')
await v1.documents[':name'].$put({ param: song, json: { notes: 'slowly', songs: { anthem: { title: 'Anthem' } } } })
const patch = [{ op: 'replace', path: '/songs/anthem/title', value: 'Hymn' }]
const edited = await v1.documents[':name'].content.$patch({ param: song, json: patch })
if (!edited.ok) throw new Error((await edited.json()).detail)
\`\`\``

function section(route: Route, schemas: Readonly<Record<string, Schema>>): string {
  const { method, path, summary, description, parameters = [], requestBody, responses } = route
  const parts = [`### ${method} ${path}`, `${summary}.${description === undefined ? '' : ` ${description}`}`]
  const told = parameters.filter(({ name }) => name !== 'name' && name !== 'id')
  if (told.length > 0) parts.push(['| query | | default |', '|---|---|---|', ...told.map(row)].join('\n'))
  for (const [type, { schema }] of Object.entries(requestBody?.content ?? {})) {
    parts.push(`Body, \`${type}\`${shown(schema, schemas)}`)
  }
  const answers = Object.entries(responses).filter(([status]) => status !== 'default')
  for (const [status, { description: what, content = {} }] of answers) {
    const [first] = Object.entries(content)
    const type = first === undefined ? '' : `, \`${first[0]}\``
    parts.push(`\`${status}\`${type}: ${what}${shown(first?.[1].schema, schemas)}`)
  }
  return parts.join('\n\n')
}

function row({ name, description = '', schema = {} }: Parameter): string {
  const words = schema.enum?.map(word => `\`${word}\``).join(', ')
  return `| \`${name}\` | ${description}${words === undefined ? '' : ` One of ${words}.`} | ${schema.default === undefined ? '' : `\`${String(schema.default)}\``} |`
}

/** The example of a schema, where it has one. */
function shown(schema: Schema | undefined, schemas: Readonly<Record<string, Schema>>): string {
  const name = schema?.$ref?.split('/').at(-1)
  const found = name === undefined ? schema : schemas[name]
  const example = found?.example ?? found?.examples?.[0]
  return example === undefined ? '' : `\n\n\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``
}

function problemTable(): string {
  const rows = problemCodes.map((code: ProblemCode) => `| \`${code}\` | ${statusOf(code)} |`)
  return `## Problems

A failure is a problem (RFC 9457), \`application/problem+json\`, with a code that stays; \`detail\` is for people.

\`\`\`json
{ "type": "urn:tutti:problem:not-found", "title": "not found", "status": 404, "detail": "there is no such document", "code": "not-found" }
\`\`\`

| code | status |
|---|---|
${rows.join('\n')}`
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
