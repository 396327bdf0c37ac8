import { createServer } from 'node:net'
import type { Config } from '../../config/config.ts'
import { hasKey } from '../../config/door.ts'
import { isLoopback } from '../../config/loopback.ts'
import { type Check, look, well, wrong } from './check.ts'
import { isReady } from './running.ts'

/** Whether the port is free, or a relay answers there. */
export async function lookAtPort(config: Config): Promise<readonly Check[]> {
  const { host, port } = config
  const answer = await isReady(config)
  if (answer === '') return [well('port', `a relay answers on port ${port}, and is ready`)]
  if (answer !== null) return [wrong('port', `the relay on port ${port} is not ready: ${answer}`, 'see its log')]
  const error = await new Promise<NodeJS.ErrnoException | null>(done => {
    const probe = createServer()
    probe.once('error', done)
    probe.listen({ host, port }, () => probe.close(() => done(null)))
  })
  if (error === null) return [well('port', `port ${port} on ${host} is free`)]
  return [
    wrong(
      'port',
      `port ${port} on ${host} cannot be had: ${error.message}`,
      'choose another port, or stop what is there',
    ),
  ]
}

/** Who may come in, and from where. */
export function lookAtDoor(config: Config): readonly Check[] {
  const { host, allowAnonymous, jwksUrl } = config
  if (hasKey(config))
    return [
      well(
        'door',
        jwksUrl === null ? 'tokens are asked for' : `tokens are checked with the keys at ${new URL(jwksUrl).host}`,
      ),
    ]
  if (allowAnonymous) {
    return [
      look('door', 'everyone who can connect can read and edit everything', 'set jwtSecret, jwtPublicKey or jwksUrl'),
    ]
  }
  if (isLoopback(host)) return [well('door', `nobody is asked, and ${host} is reached from this machine only`)]
  return [
    wrong(
      'door',
      `${host} can be reached from elsewhere and nobody is asked: the relay will not start`,
      'set a key for tokens, or say --allow-anonymous',
    ),
  ]
}

/** What a proxy in front needs, and what it would need to be believed. */
export function lookAtProxy(config: Config): readonly Check[] {
  const { host, trustedProxies, origins, metricsToken } = config
  const checks: Check[] = []
  if (trustedProxies > 0 && !isLoopback(host)) {
    checks.push(
      look(
        'proxy',
        `${trustedProxies} proxies are believed, and ${host} can be reached without them`,
        'let only the proxy reach the port: whoever else does chooses their own address',
      ),
    )
  }
  if (origins.includes('*')) {
    checks.push(look('origins', 'pages of every site may connect', 'name the sites of your own with --origins'))
  }
  if (trustedProxies > 0 && metricsToken === null) {
    checks.push(
      look(
        'metrics',
        '/metrics answers nobody who comes through the proxy',
        'set metricsToken where figures are collected through it',
      ),
    )
  }
  if (checks.length > 0) return checks
  return [
    well(
      'proxy',
      trustedProxies === 0
        ? 'no proxy is believed: addresses are those that connect'
        : `${trustedProxies} proxies are believed`,
    ),
  ]
}
