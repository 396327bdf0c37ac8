import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { TuttiError } from '@tutti/core'
import type { Config } from './config/config.ts'
import { refuseOpenDoor } from './config/door.ts'
import { openRelay, type RelayOptions, splitOptions } from './create-relay.ts'
import type { Readiness } from './http/app.ts'
import { createLogger } from './runtime/logger.ts'
import { startupFacts } from './startup-facts.ts'

export interface ServerOptions extends RelayOptions {}

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
 * Starts a relay. Rejects with a `ConfigError` that names every option that is wrong, or with a `TuttiError` when it
 * cannot: the port is taken, the store cannot be opened, or the address is public and nobody has to say who they are.
 */
export async function createServer(options: ServerOptions = {}): Promise<Server> {
  const { config, parts } = splitOptions(options)
  if (parts.authorize === undefined) refuseOpenDoor(config)
  const logger = parts.logger ?? createLogger(config.logLevel)
  const relay = await openRelay(config, { ...parts, logger })
  const answer = getRequestListener(relay.fetch)
  const http = createHttpServer((request, response) => void answer(request, response))
  http.on('upgrade', relay.upgrade)
  const port = await listen(http, config).catch(async (error: unknown) => {
    await relay.close()
    throw error
  })
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
  logger.info(startupFacts(config, url, parts), 'listening')
  return {
    url,
    port,
    readiness: relay.readiness,
    async close() {
      http.close()
      await relay.close()
      http.closeAllConnections()
    },
  }
}

function listen(http: HttpServer, config: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      reject(new TuttiError('internal', `cannot listen: ${whyNot(error, config)}`, { cause: error }))
    })
    // Node's default backlog of 511 makes the rest of a reconnect storm wait for whole seconds.
    http.listen({ port: config.port, host: config.host, backlog: 8_192 }, () => {
      resolve((http.address() as AddressInfo).port)
    })
  })
}

/** Why a port could not be had, and what can be done (SPEC SRV24). */
function whyNot(error: NodeJS.ErrnoException, { host, port }: Config): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is taken by another program: stop it, or choose another port with --port (0 picks a free one)`
    case 'EACCES':
      return `port ${port} may not be used by this user: choose one from 1024 up with --port, and let a proxy have the other`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine: choose one with --host (0.0.0.0 for all of them)`
    default:
      return error.message
  }
}
