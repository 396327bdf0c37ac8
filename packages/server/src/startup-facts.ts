import { resolve } from 'node:path'
import type { Config } from './config/config.ts'
import { hasKey } from './config/door.ts'
import type { RelayParts } from './create-relay.ts'
import { version } from './runtime/version.ts'

/** What a relay runs with, for the one line that says so. Never a secret. */
export function startupFacts(config: Config, url: string, parts: RelayParts): object {
  const { site, origins, maxConnections, trustedProxies, allowAnonymous } = config
  return {
    version,
    node: process.version,
    url,
    store: parts.log === undefined ? resolve(config.data) : 'given by the app',
    door: parts.authorize !== undefined ? 'given by the app' : hasKey(config) ? 'tokens' : 'none: everybody may edit',
    allowAnonymous,
    origins,
    trustedProxies,
    maxConnections,
    site,
  }
}
