import { listen } from './connection/host-events.ts'

/** Asks before the page closes, only while told to: a page that always listens cannot be kept for "back". */
export class CloseWarning {
  #stop: (() => void) | null = null

  set(isOn: boolean): void {
    if (isOn) this.#stop ??= listen(globalThis, 'beforeunload', ask)
    else {
      this.#stop?.()
      this.#stop = null
    }
  }
}

function ask(event: Event): void {
  event.preventDefault()
  // Older browsers ask only when this is set.
  ;(event as { returnValue: unknown }).returnValue = ''
}

/** Calls when the page goes away, and when it comes back as it was. Returns how to stop that. */
export function watchPage(hidden: () => void, shown: () => void): () => void {
  const stops = [
    listen(globalThis, 'pagehide', hidden),
    listen(globalThis, 'pageshow', (event: Event) => {
      if ((event as PageTransitionEvent).persisted) shown()
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

let isAsked = false

/** Asks the browser, once, not to clear this device's copy when space is short. After the first edit: then it means something. */
export function keepStorage(): void {
  if (isAsked) return
  isAsked = true
  const { navigator } = globalThis as { navigator?: { storage?: { persist?: () => Promise<boolean> } } }
  navigator?.storage?.persist?.().catch(() => {})
}
