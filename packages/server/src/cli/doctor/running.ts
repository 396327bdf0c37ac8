import type { Config } from '../../config/config.ts'

/** What a relay at the configured address says of itself: "" when it is ready, else why not; null when none answers. */
export async function isReady({ host, port }: Config): Promise<string | null> {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  try {
    const response = await fetch(`http://${name}:${port}/readyz`)
    const answer = (await response.json()) as { status?: unknown; reasons?: unknown }
    if (answer.status === 'ready') return ''
    return answer.status === 'not ready' ? String(answer.reasons) : null
  } catch {
    return null
  }
}
