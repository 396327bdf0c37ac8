import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { entries, foundElsewhere, openDevice, openProviderTab } from '../support/provider-tab.ts'
import { needsChromium } from '../support/requires.ts'
import { type ServedPage, servePage } from '../support/serve-page.ts'
import { spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const { describe, it } = needsChromium()

describe('a provider without a page', () => {
  let site: ServedPage
  let browser: Browser
  beforeAll(async () => {
    site = await servePage('tests/support/provider-page.ts')
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  it.each([
    ['a worker', 'inWorker'],
    ['a Service Worker', 'inServiceWorker'],
  ] as const)('[CLI24] %s edits, flushes and keeps a copy, with and without locks and channels', async (_, where) => {
    const server = await spawnServer({ dir: await tempDir('server') })
    const context = await openDevice(browser)
    const tab = await openProviderTab(context, site.origin)
    await tab.open({ url: server.wsUrl })
    await tab.page.evaluate(() => window.app.write('page', 3))
    await tab.page.evaluate(() => window.app.flush())
    const all = entries('page', 3)
    for (const alone of [false, true]) {
      const label = alone ? 'alone' : 'together'
      const answer = await tab.page.evaluate(([place, job]) => window.app[place](job), [
        where,
        { url: server.wsUrl, label, edits: 20, alone },
      ] as const)
      all.push(...entries(label, 20))
      expect(answer).toEqual({
        text: 'All changes saved',
        pending: { edits: 0, bytes: 0 },
        content: all,
        hasDocument: false,
      })
      await tab.has(all)
    }
    expect(await foundElsewhere(server.wsUrl)).toEqual([...all].sort())

    await tab.counts(0)
    await server.kill()
    await tab.page.reload()
    await tab.page.waitForFunction(() => window.app !== undefined)
    await tab.open({ url: server.wsUrl })
    await tab.has(all)
  })
})
