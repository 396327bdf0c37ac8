import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import type { Options } from './options.ts'
import { peersDir } from './places.ts'
import { describeCommit } from './report/commit.ts'
import { describeMachine } from './report/machine.ts'
import { type CpuProfile, summarise } from './report/profile.ts'
import type { Profile, ScenarioResult } from './report/results.ts'
import { runOnce } from './run-once.ts'
import type { Scenario, ServerId } from './scenario.ts'
import { serverKinds } from './servers/index.ts'

/**
 * All servers in turn, and that as often as asked: neighbours in time share whatever else the machine was doing. A
 * server left out keeps nothing of an earlier time: figures of different runs must not stand beside each other.
 */
export async function runScenario(scenario: Scenario, options: Options): Promise<ScenarioResult | undefined> {
  const runs: Partial<Record<ServerId, Record<string, number[]>>> = {}
  const missing: Partial<Record<ServerId, string>> = {}
  const loadBefore = loadavg()[0] ?? 0
  const startedAt = performance.now()
  const kinds = serverKinds.filter(kind => options.servers.includes(kind.id) && scenario.servers.includes(kind.id))
  if (kinds.length === 0) return undefined
  for (let run = 1; run <= options.runs; run += 1) {
    for (const kind of kinds) {
      const reason = kind.missing()
      if (reason !== undefined) {
        missing[kind.id] = reason
        continue
      }
      const started = performance.now()
      const turn = `${scenario.id} ${kind.id} ${run}/${options.runs}`
      try {
        const measures = await runOnce(scenario, kind, options)
        const figures = (runs[kind.id] ??= {})
        for (const [name, value] of Object.entries(measures))
          if (Number.isFinite(value)) (figures[name] ??= []).push(Number(value.toPrecision(6)))
        const shown = Object.entries(measures).map(([name, value]) => `${name}=${Number(value.toPrecision(4))}`)
        const seconds = ((performance.now() - started) / 1000).toFixed(0)
        process.stderr.write(`${turn} (${seconds} s): ${shown.join(' ')}\n`)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        missing[kind.id] = message.split('\n')[0] ?? ''
        process.stderr.write(`${turn} FAILED: ${message}\n`)
        process.exitCode = 1
      }
    }
  }
  return {
    measuredAt: new Date().toISOString(),
    commit: describeCommit(),
    seconds: Math.round((performance.now() - startedAt) / 1000),
    machine: describeMachine(),
    loadBefore,
    runs,
    missing,
  }
}

const functionsShown = 12

/** One run of ours that leaves profiles under `.peers/profiles` and says where its time went. */
export async function profileScenario(scenario: Scenario, options: Options): Promise<Profile | undefined> {
  const ours: readonly ServerId[] = ['tutti', 'tutti-native']
  const kind = serverKinds.find(each => ours.includes(each.id) && scenario.servers.includes(each.id))
  if (kind === undefined || Object.keys(scenario.phases).length === 0) return undefined
  const folder = join(peersDir, 'profiles', scenario.id)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  try {
    await runOnce(scenario, kind, options, folder)
  } catch (error) {
    process.stderr.write(
      `${scenario.id} ${kind.id} FAILED: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    process.exitCode = 1
    return undefined
  }
  const files = readdirSync(folder).filter(name => name.endsWith('.cpuprofile'))
  const profiles = files.map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile)
  const { busyMs, groups, functions } = summarise(profiles, functionsShown)
  const line = (each: { name: string; share: number }): string =>
    `  ${(each.share * 100).toFixed(1).padStart(5)} %  ${each.name}\n`
  process.stderr.write(
    `${scenario.id} ${kind.id}: ${busyMs} ms busy, ${files.length} profiles in ${folder}\n by place\n${groups
      .slice(0, functionsShown)
      .map(line)
      .join('')} by function\n${functions.map(line).join('')}`,
  )
  return {
    measuredAt: new Date().toISOString(),
    commit: describeCommit(),
    server: kind.id,
    busyMs,
    groups: groups.filter(({ share }) => share >= 0.01),
    functions,
  }
}
