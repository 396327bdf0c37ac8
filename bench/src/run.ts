/** `npm run bench`: runs scenarios against every server in turn and writes the table. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Generator } from './load/generator-process.ts'
import { readOptions, usage, type Options } from './options.ts'
import { benchDir, peersDir } from './places.ts'
import { describeMachine } from './report/machine.ts'
import { markdown } from './report/markdown.ts'
import { readResults, writeResults, type Results } from './report/results.ts'
import type { Bench, Measures, RunningServer, Scenario, ServerId } from './scenario.ts'
import { scenarios } from './scenarios/index.ts'
import { serverKinds, type ServerKind } from './servers/index.ts'
import { installPeers } from './servers/install-peers.ts'

/** One scenario on one server, once, in a data folder that is gone afterwards. */
async function runOnce(scenario: Scenario, kind: ServerKind, options: Options): Promise<Measures> {
  const folder = mkdtempSync(join(tmpdir(), 'tutti-bench-'))
  const dataDir = join(folder, 'data')
  const logDir = join(peersDir, 'logs')
  mkdirSync(logDir, { recursive: true })
  mkdirSync(dataDir)
  const generator = new Generator()
  const running = new Set<RunningServer>()
  const kept = (key: string): string => join(peersDir, 'kept', `${kind.id}-${key}`)
  const bench: Bench = {
    server: kind.id,
    persistent: kind.persistent,
    quick: options.quick,
    scaled: (full, quick) => (options.quick ? quick : full),
    dataDir,
    async start(setting = 'default') {
      const server = await kind.start(dataDir, join(logDir, `${kind.id}.log`), setting)
      running.add(server)
      return {
        ...server,
        async stop(signal) {
          running.delete(server)
          await server.stop(signal)
        },
      }
    },
    load: (server, phase, params) =>
      generator.load({ scenario: scenario.id, phase, params, target: server.target, dialect: server.dialect }),
    emptyData() {
      rmSync(dataDir, { recursive: true, force: true })
      mkdirSync(dataDir)
    },
    keepData(key) {
      rmSync(kept(key), { recursive: true, force: true })
      cpSync(dataDir, kept(key), { recursive: true })
    },
    restoreData(key) {
      if (!existsSync(kept(key))) return false
      rmSync(dataDir, { recursive: true, force: true })
      cpSync(kept(key), dataDir, { recursive: true })
      return true
    },
  }
  try {
    return await scenario.run(bench)
  } finally {
    generator.stop()
    for (const server of running) await server.stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

/** All servers in turn, and that as often as asked: neighbours in time share whatever else the machine was doing. */
async function runScenario(scenario: Scenario, options: Options, results: Results): Promise<void> {
  const runs: Partial<Record<ServerId, Record<string, number[]>>> = {}
  const missing: Partial<Record<ServerId, string>> = {}
  const loadBefore = loadavg()[0] ?? 0
  const kinds = serverKinds.filter(kind => options.servers.includes(kind.id) && scenario.servers.includes(kind.id))
  if (kinds.length === 0) return
  for (let run = 1; run <= options.runs; run += 1) {
    for (const kind of kinds) {
      const reason = kind.missing()
      if (reason !== undefined) {
        missing[kind.id] = reason
        continue
      }
      const started = performance.now()
      try {
        const measures = await runOnce(scenario, kind, options)
        const figures = (runs[kind.id] ??= {})
        for (const [name, value] of Object.entries(measures))
          if (Number.isFinite(value)) (figures[name] ??= []).push(Number(value.toPrecision(5)))
        const shown = Object.entries(measures).map(([name, value]) => `${name}=${Number(value.toPrecision(4))}`)
        const seconds = ((performance.now() - started) / 1000).toFixed(0)
        process.stderr.write(`${scenario.id} ${kind.id} ${run}/${options.runs} (${seconds} s): ${shown.join(' ')}\n`)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        missing[kind.id] = message.split('\n')[0] ?? ''
        process.stderr.write(`${scenario.id} ${kind.id} ${run}/${options.runs} FAILED: ${message}\n`)
        process.exitCode = 1
      }
    }
  }
  results[scenario.id] = {
    measuredAt: new Date().toISOString(),
    machine: describeMachine(),
    loadBefore,
    // A server left out this time keeps nothing: figures of different runs must not stand beside each other.
    runs,
    missing,
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  const unknown = options.only.filter(id => !scenarios.some(scenario => scenario.id === id))
  if (options.list || unknown.length > 0) {
    for (const scenario of scenarios) process.stdout.write(`${scenario.id.padEnd(20)} ${scenario.title}\n`)
    if (unknown.length > 0) throw new Error(`no scenario called ${unknown.join(', ')}`)
    return
  }
  installPeers()
  if (!options.reuse) rmSync(join(peersDir, 'kept'), { recursive: true, force: true })
  const folder = options.out ?? (options.quick ? join(peersDir, 'quick') : benchDir)
  const results = readResults(folder)
  for (const scenario of scenarios) {
    if (options.only.length > 0 && !options.only.includes(scenario.id)) continue
    await runScenario(scenario, options, results)
    writeResults(folder, results)
    writeFileSync(join(folder, 'RESULTS.md'), markdown(results, scenarios))
  }
  process.stderr.write(`written: ${join(folder, 'RESULTS.md')}\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  process.exitCode = 1
})
