/** What the host tells about the network and about people looking. Nothing in Node; parts of it in a worker. */
export interface HostEvents {
  networkCame(): void
  networkGone(): void
  /** Somebody looks again, perhaps after the machine slept. */
  shown(): void
}

interface Target<E> {
  addEventListener?(name: string, call: (event: E) => void): void
  removeEventListener?(name: string, call: (event: E) => void): void
}

/** Listens where there is something to listen to. Returns how to stop that. */
export function listen<E>(target: Target<E> | undefined, name: string, call: (event: E) => void): () => void {
  // One of its own for each who listens: the same function would be heard, and taken away, once.
  const heard = (event: E) => call(event)
  target?.addEventListener?.(name, heard)
  return () => target?.removeEventListener?.(name, heard)
}

/** Listens until the returned function is called. */
export function listenToHost(events: HostEvents): () => void {
  const host = globalThis as Target<unknown> & { document?: Target<unknown> & { visibilityState?: string } }
  const stops = [
    listen(host, 'online', () => events.networkCame()),
    listen(host, 'offline', () => events.networkGone()),
    listen(host.document, 'visibilitychange', () => {
      if (host.document?.visibilityState === 'visible') events.shown()
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

/** False only where the host is certain. */
export function networkMayBeThere(): boolean {
  return (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine !== false
}
