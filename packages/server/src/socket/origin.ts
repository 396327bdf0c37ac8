import type { IncomingMessage } from 'node:http'
import { mayComeFrom } from '../access/origin.ts'

/** Whether the page behind an upgrade may connect. Browsers do not ask by themselves before they open a WebSocket. */
export function mayConnectFrom({ headers }: IncomingMessage, allowed: readonly string[]): boolean {
  return mayComeFrom(headers.origin, headers.host, allowed)
}
