import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Generator } from './load/generator-process.ts'
import type { Options } from './options.ts'
import { peersDir } from './places.ts'
import type { Bench, Measures, RunningServer, Scenario } from './scenario.ts'
import type { ServerKind } from './servers/kind.ts'

/**
 * One scenario on one server, once, in a data folder that is gone afterwards. With `profileDir` the server leaves CPU
 * profiles there, for which it has to end politely.
 */
export async function runOnce(
  scenario: Scenario,
  kind: ServerKind,
  options: Options,
  profileDir?: string,
): Promise<Measures> {
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
    holdsContent: kind.holdsContent,
    persistent: kind.persistent,
    quick: options.quick,
    scaled: (full, quick) => (options.quick ? quick : full),
    dataDir,
    async start(setting = 'default') {
      const server = await kind.start({ dataDir, logFile: join(logDir, `${kind.id}.log`), setting, profileDir })
      running.add(server)
      return {
        ...server,
        async stop(signal) {
          running.delete(server)
          await server.stop(profileDir === undefined ? signal : 'SIGTERM')
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
