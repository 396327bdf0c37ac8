/** `npm run bench`: runs scenarios against every server in turn and writes the page. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { readOptions, usage, type Options } from './options.ts'
import { benchDir, peersDir } from './places.ts'
import { addRuns, mergeResults, readResults, writeResults } from './report/results.ts'
import { writePage } from './report/write-page.ts'
import { profileScenario, runScenario } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios/index.ts'
import { installPeers } from './servers/install-peers.ts'

function list(asked: readonly Scenario[], runs: number): void {
  for (const { id, title, seconds } of asked)
    process.stdout.write(`${id.padEnd(18)}${String(seconds * runs).padStart(6)} s  ${title}\n`)
  const total = asked.reduce((sum, { seconds }) => sum + seconds, 0) * runs
  process.stdout.write(
    `${'all of these'.padEnd(18)}${String(total).padStart(6)} s  about ${Math.ceil(total / 60)} min\n`,
  )
}

async function measure(asked: readonly Scenario[], options: Options, folder: string): Promise<void> {
  installPeers()
  if (!options.reuse) rmSync(join(peersDir, 'kept'), { recursive: true, force: true })
  const results = readResults(folder)
  for (const scenario of asked) {
    const known = results[scenario.id]
    if (options.profile) {
      const profile = await profileScenario(scenario, options)
      if (profile !== undefined && known !== undefined) results[scenario.id] = { ...known, profile }
    } else {
      const measured = await runScenario(scenario, options)
      if (measured === undefined) continue
      const result = options.add ? addRuns(known, measured) : measured
      results[scenario.id] = known?.profile === undefined ? result : { ...result, profile: known.profile }
    }
    writeResults(folder, results)
    writePage(folder, results)
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  const unknown = options.only.filter(id => !scenarios.some(scenario => scenario.id === id))
  if (unknown.length > 0) throw new Error(`no scenario called ${unknown.join(', ')}`)
  const asked = scenarios.filter(({ id }) => options.only.length === 0 || options.only.includes(id))
  const folder = options.out ?? (options.quick ? join(peersDir, 'quick') : benchDir)
  if (options.list) {
    list(asked, options.runs)
    return
  }
  if (options.page) writePage(folder, readResults(folder))
  else if (options.merge.length > 0) {
    const results = mergeResults([readResults(folder), ...options.merge.map(readResults)])
    writeResults(folder, results)
    writePage(folder, results)
  } else await measure(asked, options, folder)
  process.stderr.write(`written: ${join(folder, 'RESULTS.md')}\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  process.exitCode = 1
})
