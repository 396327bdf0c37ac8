const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Whether a page of `origin` may speak to a server that was asked as `host` (SPEC SRV5): no origin at all (not a browser),
 * the server's own, loopback talking to loopback, or one that was named. Both are headers, as they came.
 */
export function mayComeFrom(origin: string | undefined, host: string | undefined, allowed: readonly string[]): boolean {
  if (origin === undefined || origin === '') return true
  if (isNamed(origin, allowed)) return true
  let url: URL
  try {
    url = new URL(origin)
  } catch {
    return false
  }
  return url.host === host || (loopbackHosts.has(url.hostname) && isLoopbackHost(host))
}

/** Whether an origin was named, by itself or with all others. */
export function isNamed(origin: string, allowed: readonly string[]): boolean {
  return allowed.includes('*') || allowed.includes(origin)
}

/** Whether a server was asked by a name that only this machine has: a page elsewhere cannot make a browser do that. */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && loopbackHosts.has(host.replace(/:\d+$/, ''))
}
