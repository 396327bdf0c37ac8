// `npm run simulate`: see tests/simulation/README.md.
import { runnerImport } from 'vite'

const { module } = await runnerImport(new URL('../tests/simulation/command.ts', import.meta.url).pathname, {
  configFile: false,
  logLevel: 'error',
})
process.exitCode = await module.simulate(process.argv.slice(2))
