/** What a browser gives the tabs of one origin to know of each other. */
export interface TabHost {
  readonly locks: LockManager
  openChannel(name: string): BroadcastChannel
}

/** The one of this page or worker; `null` where locks or channels are missing: there a tab is alone. */
export function tabHost(): TabHost | null {
  const { navigator, BroadcastChannel: Channel } = globalThis as {
    navigator?: { locks?: LockManager }
    BroadcastChannel?: typeof BroadcastChannel
  }
  const locks = navigator?.locks
  if (locks === undefined || Channel === undefined) return null
  return { locks, openChannel: name => new Channel(name) }
}
