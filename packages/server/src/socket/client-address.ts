import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/**
 * Where a request comes from: the other end of the connection, or what the farthest of the trusted proxies says of it. Each
 * proxy adds whom it heard from at the end of `X-Forwarded-For`, so what a client writes there itself stands before that,
 * and is not believed (SPEC SRV34).
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  const nearest = plain(request.socket.remoteAddress ?? '')
  if (trustedProxies === 0) return nearest
  const forwarded = String(request.headers['x-forwarded-for'] ?? '')
  const hops = forwarded
    .split(',')
    .map(hop => plain(hop.trim()))
    .filter(hop => hop !== '')
  const claimed = hops[Math.max(0, hops.length - trustedProxies)]
  return claimed !== undefined && isIP(claimed) > 0 ? claimed : nearest
}

/** Whoever has one address of IPv6 usually has 2^64 of them: those count as one. */
export function addressGroup(address: string): string {
  if (isIP(address) !== 6) return address
  const [before = '', after] = address.replace(/%.*$/, '').split('::')
  const head = before === '' ? [] : before.split(':')
  const tail = after === undefined || after === '' ? [] : after.split(':')
  const zeros = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length)
  const groups = [...head, ...Array.from({ length: zeros }, () => '0'), ...tail]
  return groups
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(':')
}

/** IPv4 as it is, also where a socket for both shows it as IPv6. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
