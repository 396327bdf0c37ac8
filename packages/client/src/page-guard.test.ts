import { afterEach, describe, expect, it, vi } from 'vitest'
import { CloseWarning, keepStorage, watchPage } from './page-guard.ts'

function stubPage(): EventTarget {
  const page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  return page
}

/** Whether the page would ask. */
function asks(page: EventTarget): boolean {
  const event = new Event('beforeunload', { cancelable: true })
  // As a browser's has it: writable.
  Object.defineProperty(event, 'returnValue', { value: true, writable: true })
  return !page.dispatchEvent(event)
}

describe('the page', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it('asks before it closes only while told to', () => {
    const page = stubPage()
    const [one, other] = [new CloseWarning(), new CloseWarning()]
    expect(asks(page)).toBe(false)
    one.set(true)
    one.set(true)
    expect(asks(page)).toBe(true)
    other.set(true)
    one.set(false)
    expect(asks(page)).toBe(true)
    other.set(false)
    other.set(false)
    expect(asks(page)).toBe(false)
  })

  it('tells when it goes, and when it comes back as it was', () => {
    const page = stubPage()
    const told: string[] = []
    const stop = watchPage(
      () => told.push('hidden'),
      () => told.push('shown'),
    )
    const shown = (persisted: boolean) => page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted }))
    shown(false)
    page.dispatchEvent(new Event('pagehide'))
    shown(true)
    stop()
    page.dispatchEvent(new Event('pagehide'))
    expect(told).toEqual(['hidden', 'shown'])
  })

  it('asks once for storage that stays, and does nothing where there is none to ask', () => {
    const persist = vi.fn<() => Promise<boolean>>(async () => false)
    vi.stubGlobal('navigator', { storage: { persist } })
    keepStorage()
    keepStorage()
    expect(persist).toHaveBeenCalledTimes(1)
    vi.unstubAllGlobals()
    new CloseWarning().set(true)
  })
})
