import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '../..')

/** Bundles a module of the sources into one that plain Node can run, for tests whose processes must be able to die. */
export async function bundle(entry: string, folder: string): Promise<string> {
  const outDir = join(folder, 'bundle')
  await mkdir(outDir)
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    ssr: { noExternal: true, external: ['level'], resolve: { conditions: ['source', 'node', 'import', 'default'] } },
    build: {
      ssr: join(root, entry),
      outDir,
      emptyOutDir: false,
      minify: false,
      rollupOptions: { output: { entryFileNames: 'bundle.mjs' } },
    },
  })
  await symlink(join(root, 'node_modules'), join(outDir, 'node_modules'))
  return join(outDir, 'bundle.mjs')
}
