import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { benchDir, repoDir } from '../places.ts'
import type { Scenario } from '../scenario.ts'

const client = join(repoDir, 'packages/client/dist/index.js')

/** What a page of this text ships, bundled and minified, without what it has anyway. */
async function gzippedKB(page: string): Promise<number> {
  const { build } = await import('vite')
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: benchDir,
    plugins: [
      {
        name: 'page',
        resolveId: id => (id === 'page' ? id : null),
        load: id => (id === 'page' ? page : null),
      },
    ],
    build: {
      write: false,
      minify: true,
      modulePreload: false,
      rollupOptions: {
        input: 'page',
        external: [/^yjs/, /^y-protocols/, /^lib0/, /^ws$/, /^node:/],
      },
    },
  })
  let bytes = 0
  for (const output of Array.isArray(built) ? built : [built]) {
    if (!('output' in output)) continue
    for (const chunk of output.output) if (chunk.type === 'chunk') bytes += gzipSync(chunk.code, { level: 9 }).length
  }
  return bytes / 1000
}

/** What people download. */
export const clientSize: Scenario = {
  id: 'client-size',
  title: 'Client package',
  method:
    'A page that imports `Provider`, with everything that writes, keeps and syncs a document, minified, gzip 9, without yjs, ' +
    'y-protocols and lib0; and one that imports all the package exports.',
  servers: ['tutti'],
  seconds: 1,
  rows: [
    {
      measure: 'gzipKB',
      title: 'gzip, `Provider`',
      unit: 'KB',
      better: 'lower',
      goals: [
        { kind: 'absolute', atMost: 15 },
        { kind: 'absolute', atMost: 12, level: 'B' },
      ],
    },
    { measure: 'everythingKB', title: 'gzip, everything', unit: 'KB', better: 'lower', goals: [] },
  ],
  phases: {},
  async run() {
    return {
      gzipKB: await gzippedKB(`import { Provider } from '${client}'; globalThis.app = Provider`),
      everythingKB: await gzippedKB(`import * as tutti from '${client}'; globalThis.app = { ...tutti }`),
    }
  },
}
