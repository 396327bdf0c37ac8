import type { IncomingMessage } from 'node:http'

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Whether a page of this origin may connect: no origin at all (not a browser), the server's own, loopback talking to
 * loopback, or one that was named (SPEC SRV5). Browsers do not ask by themselves before they open a WebSocket.
 */
export function mayConnectFrom(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers
  if (origin === undefined || origin === '') return true
  if (allowed.includes('*') || allowed.includes(origin)) return true
  let url: URL
  try {
    url = new URL(origin)
  } catch {
    return false
  }
  if (url.host === host) return true
  const hostname = host === undefined ? '' : host.replace(/:\d+$/, '')
  return loopbackHosts.has(url.hostname) && loopbackHosts.has(hostname)
}
