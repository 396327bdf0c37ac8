import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import {
  entries,
  entriesIn,
  foundElsewhere,
  openDevice,
  openElsewhere,
  openProviderTab,
  type ProviderTab,
  slow,
} from '../support/provider-tab.ts'
import { needsChromium } from '../support/requires.ts'
import { type ServedPage, servePage } from '../support/serve-page.ts'
import { spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const { describe, it } = needsChromium()
type Four = readonly [ProviderTab, ProviderTab, ProviderTab, ProviderTab]

describe('providers in several tabs of one Chromium', () => {
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

  it('[TAB1] [TAB5] [TAB6] four tabs: what one writes is in all, once on the device and once at the server', async () => {
    const dir = await tempDir('server')
    const server = await spawnServer({ dir })
    const context = await openDevice(browser)
    const tabs: ProviderTab[] = []
    for (let i = 0; i < 4; i++) {
      const tab = await openProviderTab(context, site.origin)
      await tab.open({ url: server.wsUrl })
      await tab.saved()
      tabs.push(tab)
    }
    const [first, second, third, fourth] = tabs as unknown as Four
    const labels = ['a', 'b', 'c', 'd']
    await Promise.all(
      tabs.map(({ page }, i) => page.evaluate(label => window.app.write(label, 25), labels[i] as string)),
    )
    const all = labels.flatMap(label => entries(label, 25))
    for (const tab of tabs) await tab.has(all)
    for (const tab of tabs) await tab.page.evaluate(() => window.app.flush())
    expect(await foundElsewhere(server.wsUrl)).toEqual([...all].sort())
    await first.counts(0)
    const rows = await first.page.evaluate(() => window.app.rows())
    process.stdout.write(`four tabs: 100 edits in ${rows.own} rows, ${rows.copied.length} of them stored twice\n`)
    expect(rows.edits).toBe(100)
    expect(rows.own).toBeLessThanOrEqual(100)

    // The first one leads; when it is gone another one stores what comes.
    await first.page.close()
    const elsewhere = openElsewhere(server.wsUrl)
    await elsewhere.flush()
    elsewhere.doc.getArray('list').push(['elsewhere'])
    await elsewhere.flush()
    all.push('elsewhere')
    const rest = [second, third, fourth]
    for (const tab of rest) await tab.has(all)
    const copied = async () => (await second.page.evaluate(() => window.app.rows())).copied
    await expect.poll(copied, slow).toContain('elsewhere')
    expect((await copied()).filter(entry => entry === 'elsewhere')).toEqual(['elsewhere'])

    await server.kill()
    for (const [i, tab] of rest.entries()) {
      const label = `down${i}`
      await tab.page.evaluate(given => window.app.write(given, 5), label)
      all.push(...entries(label, 5))
      for (const each of rest) await each.has(all)
    }
    for (const tab of rest) {
      await tab.page.evaluate(() => window.app.whenStored())
      expect((await tab.facts()).pending.edits).toBe(5)
    }
    expect((await second.page.evaluate(() => window.app.overall())).edits).toBe(15)
    for (const { page } of rest) await page.reload()
    for (const tab of rest) {
      await tab.page.waitForFunction(() => window.app !== undefined)
      await tab.open({ url: server.wsUrl })
      await tab.has(all)
    }
    await second.page.waitForFunction(() => window.app.facts().pending.edits === 15)

    await spawnServer({ dir, port: server.port })
    for (const tab of rest) await tab.saved()
    expect(await foundElsewhere(server.wsUrl)).toEqual([...all].sort())
    await elsewhere.flush()
    expect(entriesIn(elsewhere.doc)).toEqual([...all].sort())
    for (const tab of rest) await tab.has(all)
    await second.counts(0)
  })

  it('[TAB5] what the server brings of another tab sooner than the tab itself is not stored a second time', async () => {
    const server = await spawnServer({ dir: await tempDir('server') })
    const context = await openDevice(browser)
    const [leader, author] = [await openProviderTab(context, site.origin), await openProviderTab(context, site.origin)]
    for (const tab of [leader, author]) {
      await tab.open({ url: server.wsUrl })
      await tab.saved()
    }
    // A device slower than the server: what the author tells the other tab comes behind what the server tells.
    const letGo = await author.page.evaluateHandle(() => {
      const original = Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, 'postMessage') as PropertyDescriptor
      const post = original.value as (this: BroadcastChannel, message: unknown) => void
      const held: (() => void)[] = []
      BroadcastChannel.prototype.postMessage = function (message: unknown) {
        held.push(() => post.call(this, message))
      }
      return () => {
        Object.defineProperty(BroadcastChannel.prototype, 'postMessage', original)
        for (const go of held) go()
      }
    })
    await author.page.evaluate(() => window.app.write('author', 1))
    await leader.has(['author-0'])
    await author.page.evaluate(() => window.app.whenStored())
    await letGo.evaluate(call => call())

    const elsewhere = openElsewhere(server.wsUrl)
    await elsewhere.flush()
    elsewhere.doc.getArray('list').push(['elsewhere'])
    // Behind it nothing is left for the leader to store.
    const rows = () => leader.page.evaluate(() => window.app.rows())
    await expect.poll(async () => (await rows()).copied, slow).toContain('elsewhere')
    expect(await rows()).toMatchObject({ edits: 1, copied: ['elsewhere'] })
  })
})
