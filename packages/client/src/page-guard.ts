interface Page {
  addEventListener?(name: string, call: (event: Event) => void): void
  removeEventListener?(name: string, call: (event: Event) => void): void
}

const page = globalThis as Page

/** Asks before the page closes, only while told to: a page that always listens cannot be kept for "back". */
export class CloseWarning {
  #isOn = false

  set(isOn: boolean): void {
    if (this.#isOn === isOn) return
    this.#isOn = isOn
    if (isOn) page.addEventListener?.('beforeunload', ask)
    else page.removeEventListener?.('beforeunload', ask)
  }
}

function ask(event: Event): void {
  event.preventDefault()
  // Older browsers ask only when this is set.
  ;(event as { returnValue: unknown }).returnValue = ''
}

/** Calls when the page goes away, and when it comes back as it was. Returns how to stop that. */
export function watchPage(hidden: () => void, shown: () => void): () => void {
  const onShow = (event: Event) => {
    if ((event as PageTransitionEvent).persisted) shown()
  }
  page.addEventListener?.('pagehide', hidden)
  page.addEventListener?.('pageshow', onShow)
  return () => {
    page.removeEventListener?.('pagehide', hidden)
    page.removeEventListener?.('pageshow', onShow)
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
