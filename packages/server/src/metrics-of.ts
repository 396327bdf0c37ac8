import { statfs } from 'node:fs/promises'
import type { Env } from '@tutti/core'
import type { Sweep } from './compaction/sweep.ts'
import type { Config } from './config/config.ts'
import type { FigureSources } from './metrics/figures.ts'
import type { House } from './room/house.ts'
import type { SocketServer } from './socket/socket-server.ts'

/** The parts of a relay that know its figures. */
export interface MeasuredParts {
  readonly config: Config
  readonly env: Env
  readonly house: House
  readonly sockets: SocketServer
  readonly sweep: Sweep
  readonly isDraining: () => boolean
}

/** The page for Prometheus. Its library is loaded by whoever asks first. */
export function metricsOf(parts: MeasuredParts): () => Promise<string> {
  let page: Promise<() => Promise<string>> | null = null
  return async () => {
    page ??= import('./metrics/metrics-page.ts').then(({ metricsPage }) => metricsPage(sourcesOf(parts)))
    return (await page)()
  }
}

function sourcesOf({ config, env, house, sockets, sweep, isDraining }: MeasuredParts): FigureSources {
  return {
    counts: house.counts,
    connections: () => sockets.countByDialect(),
    documents: () => documentsOf(house, env),
    storeAvailable: () => house.health.available,
    isDraining,
    stored: () => sweep.seen,
    freeBytes: async () => {
      const place = await statfs(config.data).catch(() => null)
      return place === null ? null : place.bavail * place.bsize
    },
  }
}

function documentsOf(house: House, env: Env): ReturnType<FigureSources['documents']> {
  let open = 0
  let damaged = 0
  let oldest: number | null = null
  for (const room of house.rooms()) {
    open++
    if (room.isDamaged) damaged++
    const since = room.waitingSince
    if (since !== null && (oldest === null || since < oldest)) oldest = since
  }
  return { open, damaged, oldestMs: oldest === null ? null : env.clock.ticks() - oldest }
}
