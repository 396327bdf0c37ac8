import { isDeepStrictEqual } from 'node:util'
import type { StockClient } from './stock-client.ts'

/**
 * Resolves as soon as `isTrue`, looked at again whenever something happens at one of the clients. Rejects after
 * `withinMs` with what was waited for and what each client shows.
 */
export function until(
  clients: readonly StockClient[],
  what: string,
  isTrue: () => boolean,
  withinMs = 30_000,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stops: (() => void)[] = []
    const end = (settle: () => void) => {
      clearTimeout(late)
      for (const stop of stops) stop()
      settle()
    }
    const late = setTimeout(
      () => end(() => reject(new Error(`${what}: not in ${withinMs} ms\n${show(clients)}`))),
      withinMs,
    )
    const look = () => {
      if (isTrue()) end(resolve)
    }
    for (const client of clients) stops.push(client.onNews(look))
    look()
  })
}

/** Resolves when all show the same, and nothing is pending anywhere. */
export async function untilAlike(clients: readonly StockClient[], withinMs?: number): Promise<void> {
  const [first] = clients
  if (first === undefined) return
  await until(
    clients,
    'all show the same',
    () => {
      const content = first.doc.read()
      return clients.every(
        ({ doc, provider }) => provider.synced && !doc.hasPending() && isDeepStrictEqual(doc.read(), content),
      )
    },
    withinMs,
  )
}

export async function untilSynced(clients: readonly StockClient[]): Promise<void> {
  await until(clients, 'all are synced', () => clients.every(({ provider }) => provider.synced))
}

function show(clients: readonly StockClient[]): string {
  return clients
    .map(({ edition, doc, provider, tap }) => {
      const facts = { connected: provider.wsconnected, synced: provider.synced, closes: tap.closeCodes, ...doc.read() }
      return `${edition}: ${JSON.stringify(facts).slice(0, 400)}`
    })
    .join('\n')
}
