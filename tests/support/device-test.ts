import type { BrowserContext, Page } from 'playwright-core'

/** A page of `device-page.ts` with what it told. */
export interface DeviceTab {
  readonly page: Page
  readonly events: readonly { readonly event: string; readonly value: number | string }[]
  /** Uncaught errors of the page: what an editor would have met. */
  readonly errors: readonly string[]
  /** The highest number it told of an event; 0 for none. */
  highest(event: string): number
  /** Resolves when it tells an event that suits. */
  heard(event: string, suits?: (value: number | string) => boolean): Promise<void>
}

export async function openTab(context: BrowserContext, origin: string): Promise<DeviceTab> {
  const page = await context.newPage()
  const events: { event: string; value: number | string }[] = []
  const errors: string[] = []
  const waiting = new Set<() => void>()
  page.on('pageerror', error => errors.push(String(error)))
  await page.exposeFunction('told', (event: string, value: number | string) => {
    events.push({ event, value })
    for (const check of waiting) check()
  })
  await page.goto(origin)
  await page.waitForFunction(() => window.device !== undefined)
  return {
    page,
    events,
    errors,
    highest: event => events.reduce((top, each) => (each.event === event ? Math.max(top, Number(each.value)) : top), 0),
    heard: (event, suits = () => true) =>
      new Promise(resolve => {
        const check = () => {
          if (!events.some(each => each.event === event && suits(each.value))) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      }),
  }
}

/** Ends the tab's process as a crash does. */
export async function crash({ page }: DeviceTab): Promise<void> {
  const crashed = page.waitForEvent('crash')
  page.goto('chrome://crash').catch(() => {})
  await crashed
}

/** How to end every process of the browser at once, unasked, as `kill -9` and a dead battery do. */
export async function killSwitch(context: BrowserContext): Promise<() => Promise<void>> {
  const browser = context.browser()
  if (browser === null) throw new Error('the context has no browser')
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  return async () => {
    const gone = new Promise<void>(resolve => context.once('close', () => resolve()))
    for (const { id } of processInfo) {
      try {
        process.kill(id, 'SIGKILL')
      } catch {
        // It went with the one before.
      }
    }
    await gone
  }
}
