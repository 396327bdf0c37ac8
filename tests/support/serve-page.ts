import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build, defaultClientConditions } from 'vite'

export interface ServedPage {
  readonly origin: string
  close(): Promise<void>
}

/** Bundles `entry` (a path of this repository) and serves a page that runs it, with `files` beside it. */
export async function servePage(entry: string, files: Readonly<Record<string, Uint8Array>> = {}): Promise<ServedPage> {
  const script = await bundle(fileURLToPath(new URL(`../../${entry}`, import.meta.url)))
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://page').pathname
    const file = files[path.slice(1)]
    if (path === '/page.js') response.setHeader('content-type', 'text/javascript').end(script)
    else if (file !== undefined) response.end(file)
    else {
      response.setHeader('content-type', 'text/html')
      response.end(
        '<!doctype html><meta charset="utf-8"><title>page</title><script type="module" src="page.js"></script>',
      )
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function bundle(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['source', ...defaultClientConditions] },
    build: {
      write: false,
      target: 'es2022',
      minify: false,
      modulePreload: false,
      rollupOptions: { input: entry, output: { format: 'es' } },
    },
  })
  const outputs = Array.isArray(built) ? built : [built]
  for (const { output } of outputs as { output: { type: string; code?: string }[] }[]) {
    const chunk = output.find(({ type }) => type === 'chunk')
    if (chunk?.code !== undefined) return chunk.code
  }
  throw new Error(`nothing came of ${entry}`)
}
