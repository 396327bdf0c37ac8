// Runs tests/fuzz/engine/main.ts, which is TypeScript: `npm run fuzz -- --help`.
import { runnerImport } from 'vite'

const { module } = await runnerImport('tests/fuzz/engine/main.ts', {
  resolve: { conditions: ['source', 'node', 'module', 'import', 'default'] },
})
process.exitCode = await module.main(process.argv.slice(2))
