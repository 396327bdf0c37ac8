import type { IncomingMessage } from 'node:http'
import { isLoopbackHost, isNamed, mayComeFrom } from '../access/origin.ts'

export interface OriginRules {
  /** Origins (`https://app.example`) that may connect besides the server's own and loopback. */
  readonly origins: readonly string[]
  /** Nobody has to say who they are: a page may ask only by a name of this machine, or one led here by its own DNS gets in. */
  readonly onlyLoopback: boolean
}

/** Whether the page behind an upgrade may connect. Browsers do not ask by themselves before they open a WebSocket. */
export function mayConnectFrom({ headers }: IncomingMessage, { origins, onlyLoopback }: OriginRules): boolean {
  const { origin, host } = headers
  if (!mayComeFrom(origin, host, origins)) return false
  return !onlyLoopback || !origin || isNamed(origin, origins) || isLoopbackHost(host)
}
