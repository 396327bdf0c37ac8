import { join } from 'node:path'
import { build, type Plugin } from 'vite'
import { relativeToRoot, root } from '../../support/source-code.ts'
import { type Branch, countBranches, countersName, sizeName } from './count-branches.ts'

// All targets, all packages and Yjs in one file, the packages' own sources with counters: a counter is one increment in an
// array, many times faster than the coverage that V8 keeps itself.

const folder = join(root, '.tmp/fuzz')

/** Builds the file that a worker runs and returns where it lies. */
export async function buildFuzzer(): Promise<string> {
  const name = `worker-${process.pid}.mjs`
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    plugins: [counted(), repeatable()],
    resolve: { conditions: ['source', 'module', 'import', 'default'] },
    ssr: { noExternal: true, resolve: { conditions: ['source', 'node', 'module', 'import', 'default'] } },
    build: {
      ssr: join(root, 'tests/fuzz/engine/worker.ts'),
      target: 'node20',
      minify: false,
      outDir: folder,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: name, codeSplitting: false } },
    },
  })
  return join(folder, name)
}

const counters = 'virtual:counters'
const table = '/* the table of branches */'

/** Counts the branches of the packages' sources; `virtual:counters` has the counters and what they count. */
function counted(): Plugin {
  const branches: Branch[] = []
  return {
    name: 'counted',
    enforce: 'pre',
    resolveId: id => (id === counters ? `\0${counters}` : null),
    load: id => (id === `\0${counters}` ? countersModule : null),
    transform(text, id) {
      const file = relativeToRoot(id.split('?')[0] as string)
      if (!isCounted(file)) return null
      const code = countBranches(file, text, branches)
      return { code: `import { ${countersName}, ${sizeName} } from '${counters}'; ${code}`, map: null }
    },
    renderChunk(code) {
      return { code: code.replace(table, JSON.stringify(JSON.stringify(branches)).slice(1, -1)), map: null }
    },
  }
}

function isCounted(file: string): boolean {
  const isSource = /^packages\/[^/]+\/src\/.*\.ts$/.test(file) && !/\/testing\//.test(file)
  return isSource || file === 'tests/fuzz/targets/maze-walls.ts'
}

const countersModule = `
export const branches = JSON.parse('${table}')
export const ${countersName} = new Uint32Array(branches.length)
export const allocation = { largest: 0 }
export function ${sizeName}(size) {
  if (typeof size === 'number' && size > allocation.largest) allocation.largest = size
  return size
}
`

/** Yjs draws ids and names of subdocuments by chance; here the same input draws the same. */
function repeatable(): Plugin {
  return {
    name: 'repeatable',
    enforce: 'pre',
    resolveId: id => (id === 'lib0/webcrypto' ? join(root, 'tests/fuzz/engine/repeatable-chance.ts') : null),
  }
}
