import { join } from 'node:path'
import { build, type Plugin } from 'vite'
import type { Mutant } from './mutants/mutant.ts'

const root = join(import.meta.dirname, '../..')

/**
 * Bundles the simulation with the sources of all packages into one file for plain Node. Threads and chance of libraries are
 * replaced by what a seed can repeat. With a mutant, its bug is in the bundle.
 */
export async function bundleSimulation(folder: string, mutant: Mutant | null = null): Promise<string> {
  const name = `${mutant?.name ?? 'simulation'}.mjs`
  const planted = mutant === null ? [] : [plant(mutant)]
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    plugins: [seededLibraries(), ...planted.map(({ plugin }) => plugin)],
    ssr: {
      noExternal: true,
      external: ['level', 'abstract-level', 'ws', 'pino', 'hono'],
      resolve: { conditions: ['source', 'node', 'import', 'default'] },
    },
    build: {
      ssr: join(root, 'tests/simulation/seeds.ts'),
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      rollupOptions: { output: { entryFileNames: name, codeSplitting: false } },
    },
  })
  for (const { isPlanted } of planted) {
    if (!isPlanted()) throw new Error(`${mutant?.name}: ${mutant?.file} is not in the bundle`)
  }
  return join(folder, name)
}

/** What runs on threads is done at once, and chance comes from the seed of the story. */
function seededLibraries(): Plugin {
  const replaced = new Map([
    ['node:zlib', join(root, 'tests/simulation/replaced/zlib.ts')],
    ['lib0/webcrypto', join(root, 'tests/simulation/replaced/webcrypto.ts')],
  ])
  return {
    name: 'seeded-libraries',
    enforce: 'pre',
    resolveId(id, importer) {
      return importer?.includes('/replaced/') ? null : (replaced.get(id) ?? null)
    },
  }
}

function plant({ name, file, find, replace }: Mutant): { readonly plugin: Plugin; readonly isPlanted: () => boolean } {
  let isPlanted = false
  const plugin: Plugin = {
    name: 'mutant',
    enforce: 'pre',
    transform(code, id) {
      if (id.split('?')[0] !== join(root, file)) return null
      const parts = code.split(find)
      if (parts.length !== 2) throw new Error(`${name}: what it replaces is ${parts.length - 1} times in ${file}`)
      isPlanted = true
      return { code: parts.join(replace), map: null }
    },
  }
  return { plugin, isPlanted: () => isPlanted }
}
