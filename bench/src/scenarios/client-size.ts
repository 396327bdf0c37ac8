import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { benchDir, repoDir } from '../places.ts'
import type { Scenario } from '../scenario.ts'

/** What an app that imports the client ships for it, bundled and minified, without what it has anyway. */
async function gzippedBytes(): Promise<number> {
  const { build } = await import('vite')
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: benchDir,
    build: {
      write: false,
      minify: true,
      modulePreload: false,
      // Not as a library: that would leave the white space in.
      rollupOptions: {
        input: join(repoDir, 'packages/client/dist/index.js'),
        preserveEntrySignatures: 'strict',
        external: [/^yjs/, /^y-protocols/, /^lib0/, /^ws$/, /^node:/],
      },
    },
  })
  let bytes = 0
  for (const output of Array.isArray(built) ? built : [built]) {
    if (!('output' in output)) continue
    for (const chunk of output.output) if (chunk.type === 'chunk') bytes += gzipSync(chunk.code, { level: 9 }).length
  }
  return bytes
}

/** What people download. */
export const clientSize: Scenario = {
  id: 'client-size',
  title: 'Client package',
  method: 'Everything the package exports, in one minified bundle, gzip 9, without yjs, y-protocols and lib0.',
  servers: ['tutti'],
  seconds: 1,
  rows: [
    {
      measure: 'gzipKB',
      title: 'gzip',
      unit: 'KB',
      better: 'lower',
      goals: [
        { kind: 'absolute', atMost: 15 },
        { kind: 'absolute', atMost: 12, level: 'B' },
      ],
    },
  ],
  phases: {},
  async run() {
    return { gzipKB: (await gzippedBytes()) / 1000 }
  },
}
