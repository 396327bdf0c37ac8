import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Env, type Millis, randomWord, systemEnv, TuttiError, type UpdateLog } from '@tutti/core'
import { type Authorize, everybody } from './access/authorize.ts'
import { Door } from './access/door.ts'
import { jwtAuthorize } from './access/jwt-authorize.ts'
import { openRevocationFile } from './access/revocation-file.ts'
import { Revocations } from './access/revocations.ts'
import { Sweep } from './compaction/sweep.ts'
import type { Config, ConfigInput } from './config/config.ts'
import { hasKey } from './config/door.ts'
import { parseConfig } from './config/read-config.ts'
import { WorkerContent } from './content/worker-content.ts'
import { openGuard } from './http/api/api-context.ts'
import { createApi } from './http/api/create-api.ts'
import { createApp, type Readiness } from './http/app.ts'
import { openLevelLog } from './log/open-level-log.ts'
import { metricsOf } from './metrics-of.ts'
import { House } from './room/house.ts'
import { createLogger, type Logger } from './runtime/logger.ts'
import type { SessionContext } from './session/session.ts'
import { SocketServer } from './socket/socket-server.ts'

/** What only a program can give; without one there is a sensible one. */
export interface RelayParts {
  /** Who may come in. Without it tokens are checked where a key is configured, and nobody is asked where none is. */
  readonly authorize?: Authorize
  /** Another home for the log than a folder. */
  readonly log?: UpdateLog
  readonly logger?: Logger
  readonly env?: Env
}

export interface RelayOptions extends ConfigInput, RelayParts {}

/** A relay without a server of its own: whoever has one gives it requests. */
export interface Relay {
  /** Answers an HTTP request: to be mounted into an app that speaks `fetch`, such as one of Hono's. */
  readonly fetch: (request: Request, env?: object) => Response | Promise<Response>
  /** Takes over an upgrade to a WebSocket, as Node's `upgrade` event brings it. The path names the document. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  readonly readiness: () => Readiness
  /**
   * Stops: not ready, tells clients when to come back, waits until what was accepted is durable, closes the store.
   * Resolves when everything is closed; calling it twice is the same as once.
   */
  close(): Promise<void>
}

/** How long a stopping relay waits for its clients and its disk. */
const drainMs: Millis = 5_000
/** Clients of a stopping relay come back within this window, not all at once. */
const comeBackAfterMs: Millis = 500
const comeBackJitterMs: Millis = 2_000
/** Findings that are said one by one when a damaged store is opened. */
const mostFindings = 20

/**
 * Opens a relay to be mounted. Nothing says how far the server it is mounted on can be reached, so it wants a door: rejects
 * `forbidden` unless there is `authorize`, a key, or `allowAnonymous`; rejects as `createServer` does, too.
 */
export async function createRelay(options: RelayOptions = {}): Promise<Relay> {
  const { parts, config } = splitOptions(options)
  if (parts.authorize === undefined && !hasKey(config) && !config.allowAnonymous) {
    throw new TuttiError(
      'forbidden',
      'nobody has to say who they are: give authorize or a key for tokens, or allowAnonymous if everyone who can connect may edit',
    )
  }
  return openRelay(config, parts)
}

/** Parts an app's options in what is configuration and what is not. Throws a `ConfigError`. */
export function splitOptions(options: RelayOptions): { readonly config: Config; readonly parts: RelayParts } {
  const { authorize, log, logger, env, ...input } = options
  const parts: RelayParts = {
    ...(authorize === undefined ? {} : { authorize }),
    ...(log === undefined ? {} : { log }),
    ...(logger === undefined ? {} : { logger }),
    ...(env === undefined ? {} : { env }),
  }
  return { config: parseConfig(input), parts }
}

/** Opens a relay, whoever it will be mounted on. */
export async function openRelay(config: Config, parts: RelayParts): Promise<Relay> {
  const { env = systemEnv, logger = createLogger(config.logLevel) } = parts
  const authorize = parts.authorize ?? doorOf(config, env, logger)
  // Another home for the log has no folder: what is revoked there holds until the process ends.
  const revocations = new Revocations(parts.log === undefined ? await openRevocationFile(config.data) : null)
  const door = new Door({ authorize, revocations, env, logger, recheckMs: config.recheckMs })
  const log = parts.log ?? (await openStore(config.data, env, logger))
  const house = new House({ log, env, logger, idleMs: config.idleMs })
  const content = new WorkerContent(logger)
  const sweep = new Sweep({
    house,
    folder: content,
    env,
    logger,
    everyMs: config.sweepMs,
    afterEntries: config.compactAfterEntries,
    restoreWindowMs: config.restoreWindowMs,
  })
  const context: SessionContext = { house, door, env, logger, serverId: randomWord(env.random, 12) }
  // Where nobody has to say who they are, and it was not said that this is meant for everybody, only this machine may ask.
  const onlyLoopback = parts.authorize === undefined && !hasKey(config) && !config.allowAnonymous
  const sockets = new SocketServer({ ...config, context, onlyLoopback })
  let isDraining = false
  const readiness = (): Readiness => {
    const reasons: string[] = []
    if (isDraining) reasons.push('the server is stopping')
    if (!house.health.available) reasons.push(`the store refuses writes: ${house.health.reason}`)
    return { ready: reasons.length === 0, reasons }
  }
  const metrics = metricsOf({ config, env, house, sockets, sweep, isDraining: () => isDraining })
  const api = createApi({
    guard: onlyLoopback ? openGuard : door,
    house,
    content,
    env,
    logger,
    connections: sockets,
    revoke: revocation => revocations.revoke(revocation),
    drain(afterMs, jitterMs) {
      isDraining = true
      const connections = sockets.connectionCount
      sockets.drain(afterMs, jitterMs)
      logger.info({ connections }, 'draining')
      return connections
    },
    origins: config.origins,
    onlyLoopback,
  })
  const metricsAt = { metrics, token: config.metricsToken }
  const app = createApp({ env, logger, readiness, metrics: metricsAt, api, site: config.site })
  sweep.start()
  let closing: Promise<void> | null = null
  const stop = async () => {
    isDraining = true
    const started = env.clock.ticks()
    const connections = sockets.connectionCount
    sockets.drain(comeBackAfterMs, comeBackJitterMs)
    await Promise.race([
      house.settled(),
      new Promise<void>(resolve => {
        env.timers.after(drainMs, resolve)
      }),
    ])
    await sweep.stop()
    sockets.close()
    door.close()
    house.close()
    await content.close()
    await log.close()
    logger.info({ connections, ms: Math.round(env.clock.ticks() - started) }, 'stopped')
  }
  return {
    fetch: (request, bindings) => app.fetch(request, bindings),
    upgrade: (request, socket, head) => sockets.upgrade(request, socket, head),
    readiness,
    close() {
      closing ??= stop()
      return closing
    },
  }
}

/** Damage that opening finds is said at once, by document: later it is only met by whoever opens that one. */
async function openStore(folder: string, env: Env, logger: Logger): Promise<UpdateLog> {
  const log = await openLevelLog(folder, env)
  for (const finding of log.findings.slice(0, mostFindings)) logger.error({ finding }, 'the store is damaged')
  const more = log.findings.length - mostFindings
  if (more > 0) logger.error({ more }, 'the store is damaged in more places: tutti doctor')
  return log
}

function doorOf(config: Config, env: Env, logger: Logger): Authorize {
  return hasKey(config) ? jwtAuthorize(config, { env, logger }) : everybody
}
