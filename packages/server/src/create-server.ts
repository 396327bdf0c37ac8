import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { type Env, type Millis, randomWord, systemEnv, TuttiError, type UpdateLog } from '@tutti/core'
import { Sweep } from './compaction/sweep.ts'
import { WorkerFolder } from './compaction/worker-folder.ts'
import { type Config, type ConfigInput, isLoopback, parseConfig } from './config.ts'
import { createApp, type Readiness } from './http/app.ts'
import { openLevelLog } from './log/open-level-log.ts'
import { House } from './room/house.ts'
import { createLogger, type Logger } from './runtime/logger.ts'
import { type Authorize, everybody } from './session/authorize.ts'
import type { SessionContext } from './session/session.ts'
import { SocketServer } from './socket/socket-server.ts'

export interface ServerOptions extends ConfigInput {
  /** Who may come in; without it everybody may, and only on loopback. */
  readonly authorize?: Authorize
  /** Another home for the log than a folder. */
  readonly log?: UpdateLog
  readonly logger?: Logger
  readonly env?: Env
}

/** How long a stopping server waits for its clients and its disk. */
const drainMs: Millis = 5_000
/** Clients of a stopping server come back within this window, not all at once. */
const comeBackAfterMs: Millis = 500
const comeBackJitterMs: Millis = 2_000

/** A running relay. */
export interface Server {
  /** `http://127.0.0.1:1234`, with the port that was picked. */
  readonly url: string
  readonly port: number
  readonly readiness: () => Readiness
  /**
   * Stops: not ready, tells clients when to come back, waits until what was accepted is durable, closes the store.
   * Resolves when everything is closed; calling it twice is the same as once.
   */
  close(): Promise<void>
}

/**
 * Starts a relay. Rejects with a `TuttiError` or a zod error that names the option when it cannot: the port is taken, the
 * store cannot be opened, or the address is public and nobody has to say who they are.
 */
export async function createServer(options: ServerOptions = {}): Promise<Server> {
  const { authorize, log: givenLog, logger: givenLogger, env = systemEnv, ...input } = options
  const config = parseConfig(input)
  if (authorize === undefined && !isLoopback(config.host) && !config.allowAnonymous) {
    throw new TuttiError(
      'forbidden',
      `host ${config.host} can be reached from elsewhere, and nobody has to say who they are: everyone could edit. Use a loopback address, or --allow-anonymous if that is what you want`,
    )
  }
  const logger = givenLogger ?? createLogger(config.logLevel)
  const log = givenLog ?? (await openLevelLog(config.data, env))
  const house = new House({ log, env, logger, idleMs: config.idleMs })
  const folder = new WorkerFolder(logger)
  const sweep = new Sweep({
    house,
    folder,
    env,
    logger,
    everyMs: config.sweepMs,
    afterEntries: config.compactAfterEntries,
  })
  const context: SessionContext = {
    house,
    authorize: authorize ?? everybody,
    env,
    logger,
    serverId: randomWord(env.random, 12),
  }
  const sockets = new SocketServer({ context, origins: config.origins, maxConnections: config.maxConnections })
  let isDraining = false
  const readiness = (): Readiness => {
    const reasons: string[] = []
    if (isDraining) reasons.push('the server is stopping')
    if (!house.health.available) reasons.push(`the store refuses writes: ${house.health.reason}`)
    return { ready: reasons.length === 0, reasons }
  }
  const answer = getRequestListener(createApp({ readiness, site: config.site }).fetch)
  const http = createHttpServer((request, response) => void answer(request, response))
  http.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head))
  const port = await listen(http, config).catch(async (error: unknown) => {
    sockets.close()
    house.close()
    await folder.close()
    await log.close()
    throw error
  })
  sweep.start()
  let closing: Promise<void> | null = null
  const stop = async () => {
    isDraining = true
    http.close()
    sockets.drain(comeBackAfterMs, comeBackJitterMs)
    await Promise.race([
      house.settled(),
      new Promise<void>(resolve => {
        env.timers.after(drainMs, resolve)
      }),
    ])
    await sweep.stop()
    sockets.close()
    http.closeAllConnections()
    house.close()
    await folder.close()
    await log.close()
  }
  return {
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    port,
    readiness,
    close() {
      closing ??= stop()
      return closing
    },
  }
}

function listen(http: HttpServer, config: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? `port ${config.port} on ${config.host} is taken` : error.message
      reject(new TuttiError('internal', `cannot listen: ${why}`, { cause: error }))
    })
    // Node's default backlog of 511 makes the rest of a reconnect storm wait for whole seconds.
    http.listen({ port: config.port, host: config.host, backlog: 8_192 }, () => {
      resolve((http.address() as AddressInfo).port)
    })
  })
}
