import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** Writes the service worker: `src/service-worker.js` with the files of this build in it. */
function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const source = readFileSync(path('src/service-worker.js'), 'utf8')
        const publicFiles = readdirSync(path('public'))
        const digest = createHash('sha256').update(source)
        for (const file of publicFiles) digest.update(readFileSync(path(`public/${file}`)))
        for (const output of Object.values(bundle)) digest.update(output.type === 'chunk' ? output.code : output.source)
        const files = ['./', ...publicFiles, ...Object.keys(bundle).filter(file => file !== 'index.html')]
        this.emitFile({
          type: 'asset',
          fileName: 'service-worker.js',
          source: source
            .replace('BUILD', digest.digest('hex').slice(0, 12))
            .replace("['FILES']", JSON.stringify(files)),
        })
      },
    },
  }
}

export default defineConfig({
  root: path('.'),
  base: './',
  // The packages beside this one are taken from their sources: nothing needs to be built first.
  resolve: { conditions: ['source', ...defaultClientConditions] },
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  plugins: [serviceWorker()],
})
