/** What the host tells about the network and about people looking. Nothing in Node; parts of it in a worker. */
export interface HostEvents {
  networkCame(): void
  networkGone(): void
  /** Somebody looks again, perhaps after the machine slept. */
  shown(): void
}

interface Target {
  addEventListener?(name: string, call: () => void): void
  removeEventListener?(name: string, call: () => void): void
}

/** Listens until the returned function is called. */
export function listenToHost(events: HostEvents): () => void {
  const host = globalThis as Target & { document?: Target & { visibilityState?: string } }
  const undo: (() => void)[] = []
  const listen = (target: Target | undefined, name: string, call: () => void) => {
    if (typeof target?.addEventListener !== 'function') return
    target.addEventListener(name, call)
    undo.push(() => target.removeEventListener?.(name, call))
  }
  listen(host, 'online', () => events.networkCame())
  listen(host, 'offline', () => events.networkGone())
  listen(host.document, 'visibilitychange', () => {
    if (host.document?.visibilityState === 'visible') events.shown()
  })
  return () => {
    for (const stop of undo) stop()
  }
}

/** False only where the host is certain. */
export function networkMayBeThere(): boolean {
  return (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine !== false
}
