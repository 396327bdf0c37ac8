import type { ApiApp } from './routing.ts'

/** An OpenAPI 3.1 document, as plain JSON. */
export type OpenApiDocument = ReturnType<ApiApp['getOpenAPI31Document']>

export function openApiDocument(app: ApiApp): OpenApiDocument {
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Tutti',
      version: '1',
      description:
        'Documents of a Tutti server over HTTP. Send a token as `Authorization: Bearer …`. Failures are problems (RFC 9457) with a `code` that stays.',
      license: { name: 'MIT' },
    },
    tags: [
      { name: 'documents', description: 'Documents as wholes: what there is, and what becomes of it.' },
      { name: 'content', description: 'What is in a document: reading, changing and making it.' },
      { name: 'server', description: 'The server itself, for its administrators.' },
    ],
  })
}
