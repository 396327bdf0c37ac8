import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { crash } from '../support/device-test.ts'
import { entries, foundElsewhere, openDevice, openProviderTab, slow } from '../support/provider-tab.ts'
import { needsChromium } from '../support/requires.ts'
import { scaled } from '../support/scale.ts'
import { type ServedPage, servePage } from '../support/serve-page.ts'
import { spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const { describe, it } = needsChromium()

describe('a provider and its device in Chromium', () => {
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

  /** A server that is down, and how to start it. */
  async function absentServer() {
    const dir = await tempDir('server')
    const server = await spawnServer({ dir })
    await server.kill()
    return { at: { url: server.wsUrl }, start: () => spawnServer({ dir, port: server.port }) }
  }

  it('[LOC17] [CLI10] every edit shown as on this device outlives a crash without a server, and is sent once', async () => {
    const server = await absentServer()
    const context = await openDevice(browser)
    const count = scaled(60, 300)

    const whole = await openProviderTab(context, site.origin)
    await whole.open(server.at)
    await whole.page.evaluate(n => window.app.writeStored('whole', n, n), count)
    await whole.heard('stored', value => value === count)
    await crash(whole)
    await whole.page.close()

    const cut = await openProviderTab(context, site.origin)
    await cut.open(server.at)
    await cut.has(entries('whole', count))
    void cut.page.evaluate(() => window.app.writeStored('cut', 1_000_000, 7)).catch(() => {})
    await cut.heard('stored', value => Number(value) >= count)
    await crash(cut)
    const stored = cut.highest('stored')
    await cut.page.close()

    const again = await openProviderTab(context, site.origin)
    await again.open(server.at)
    const found = await again.page.evaluate(() => window.app.content())
    const extra = found.length - count
    expect(extra).toBeGreaterThanOrEqual(stored)
    const wanted = [...entries('whole', count), ...entries('cut', extra)].sort()
    expect(found.sort()).toEqual(wanted)
    await again.page.waitForFunction(n => window.app.facts().pending.edits === n, wanted.length)

    const { wsUrl } = await server.start()
    await again.saved()
    expect(await foundElsewhere(wsUrl)).toEqual(wanted)
    await again.has(wanted)
  })

  it('[CLI25] edits are said to be on this device while more are made without a pause', async () => {
    const context = await openDevice(browser)
    const tab = await openProviderTab(context, site.origin)
    await tab.open((await absentServer()).at)
    await tab.page.evaluate(() => window.app.write('before', 1))
    await tab.page.evaluate(() => window.app.whenStored())
    const { writing, storedAfter } = await tab.page.evaluate(async () => {
      let made = 0
      let storedAfter: number | null = null
      const writing = 2_000
      while (made < writing) {
        const part = window.app.write(`part${made}`, 100)
        if (made === 0) void window.app.whenStored().then(() => (storedAfter = made))
        await part
        made += 100
      }
      return { writing, storedAfter }
    })
    expect(storedAfter, 'told while writing').not.toBeNull()
    expect(storedAfter).toBeLessThan(writing)
  })

  it('[CLI22] what is pending, here and overall, is the same after a reload, and goes when the server is back', async () => {
    const server = await absentServer()
    const context = await openDevice(browser)
    const tab = await openProviderTab(context, site.origin)
    await tab.open(server.at)
    await tab.open({ ...server.at, name: 'other' })
    await tab.page.evaluate(() => window.app.write('left', 7))
    await tab.page.evaluate(() => window.app.whenStored())
    const before = await tab.facts()
    expect(before.pending.edits).toBe(7)
    expect(before.pending.bytes).toBeGreaterThan(7 * 8)
    expect(before.text).toContain('7 changes saved on this device')
    expect(await tab.page.evaluate(() => window.app.overall())).toEqual(before.pending)

    await tab.page.reload()
    await tab.page.waitForFunction(() => window.app !== undefined)
    expect(await tab.page.evaluate(() => window.app.overall())).toEqual(before.pending)
    await tab.open(server.at)
    await tab.page.waitForFunction(() => window.app.facts().pending.edits > 0)
    const after = await tab.facts()
    expect(after.pending).toEqual(before.pending)
    expect(after.text).toContain('7 changes saved on this device')
    await tab.page.evaluate(() => window.app.write('more', 1))
    await tab.page.evaluate(() => window.app.whenStored())
    expect((await tab.page.evaluate(() => window.app.overall())).edits).toBe(8)

    const { wsUrl } = await server.start()
    await tab.page.evaluate(() => window.app.flush())
    expect((await tab.facts()).pending).toEqual({ edits: 0, bytes: 0 })
    expect(await foundElsewhere(wsUrl)).toEqual([...entries('left', 7), 'more-0'])
    await tab.counts(0)
    await tab.page.reload()
    await tab.page.waitForFunction(() => window.app !== undefined)
    expect(await tab.page.evaluate(() => window.app.overall())).toEqual({ edits: 0, bytes: 0 })
  })

  it('[LOC7] [CLI16] a full device is said while offline; nothing stored is lost; with room again all of it is stored', async () => {
    const server = await absentServer()
    const context = await openDevice(browser)
    const limited = async (quotaSize?: number) => {
      const page = await context.newPage()
      const session = await context.newCDPSession(page)
      const quota = quotaSize === undefined ? {} : { quotaSize }
      await session.send('Storage.overrideQuotaForOrigin', { origin: site.origin, ...quota })
    }
    await limited(3_000_000)
    const tab = await openProviderTab(context, site.origin)
    await tab.open(server.at)
    await tab.page.evaluate(() => window.app.write('small', 20))
    await tab.page.evaluate(() => window.app.whenStored())
    let large = 0
    while (large < 60 && (await tab.facts()).trouble === null) {
      await tab.page.evaluate(n => window.app.write(`large${n}`, 1, 200_000), large++)
      await tab.page.evaluate(() => window.app.whenStored().catch(() => {}))
    }
    const full = await tab.facts()
    expect(full.trouble).toBe('local-quota')
    expect(full.text).toContain('NOT saved on this device')
    expect(full.pending.edits).toBe(20 + large)
    await tab.heard('saving', text => String(text).includes('NOT saved on this device'))
    const all = [...entries('small', 20), ...Array.from({ length: large }, (_, n) => `large${n}-0`)]
    const other = await openProviderTab(context, site.origin)
    await other.open(server.at)
    const kept = await other.page.evaluate(() => window.app.content())
    expect(kept).toEqual(all.slice(0, kept.length))
    expect(kept.length).toBeGreaterThanOrEqual(20)
    expect(kept.length).toBeLessThan(all.length)
    await other.page.close()

    await limited(200_000_000)
    const stored = () =>
      tab.page.evaluate(() =>
        window.app.whenStored().then(
          () => true,
          () => false,
        ),
      )
    await expect.poll(stored, slow).toBe(true)
    expect((await tab.facts()).trouble).toBeNull()
    expect((await tab.facts()).text).toContain('changes saved on this device')
    expect((await tab.facts()).text).not.toContain('NOT')
    await crash(tab)
    await tab.page.close()
    const again = await openProviderTab(context, site.origin)
    await again.open(server.at)
    await again.has(all)
    const { wsUrl } = await server.start()
    await again.saved()
    expect(await foundElsewhere(wsUrl)).toEqual(all.sort())
  })

  it('[LOC6] a database taken away underneath is no exception in the page; editing goes on and reaches the server', async () => {
    const server = await absentServer()
    const { wsUrl } = await server.start()
    const context = await openDevice(browser)
    const tab = await openProviderTab(context, site.origin)
    await tab.open(server.at)
    await tab.page.evaluate(() => window.app.write('first', 10))
    await tab.page.evaluate(() => window.app.flush())

    const clear = await context.newCDPSession(tab.page)
    await clear.send('Storage.clearDataForOrigin', { origin: site.origin, storageTypes: 'indexeddb' })
    await tab.page.evaluate(() => window.app.write('cleared', 10))
    await tab.page.evaluate(() => window.app.whenStored())
    await tab.page.evaluate(() => window.app.flush())

    const other = await openProviderTab(context, site.origin)
    await other.page.evaluate(() => window.app.deleteDatabase())
    await tab.page.evaluate(() => window.app.write('deleted', 10))
    await tab.page.evaluate(() => window.app.whenStored())
    await tab.page.evaluate(() => window.app.flush())
    expect((await tab.facts()).trouble).toBeNull()
    const all = ['first', 'cleared', 'deleted'].flatMap(label => entries(label, 10))
    expect(await foundElsewhere(wsUrl)).toEqual(all.sort())
    // The copy has all of it again, though most was made before the database that it is in now.
    await expect
      .poll(() => other.page.evaluate(() => window.app.rows().then(found => found.copied.length)), slow)
      .toBeGreaterThan(0)
    await tab.page.close()
    await context.setOffline(true)
    await other.open(server.at)
    await other.has(all)
  })

  it('[CLI23] the page asks before it closes only while something is neither on this device nor at the server', async () => {
    const server = await absentServer()
    for (const keeps of [true, false]) {
      const context = await openDevice(browser)
      const tab = await openProviderTab(context, site.origin)
      if (!keeps) {
        await context.addInitScript(() => {
          Object.defineProperty(globalThis, 'indexedDB', { value: undefined })
        })
        await tab.page.reload()
        await tab.page.waitForFunction(() => window.app !== undefined)
      }
      let asked = 0
      tab.page.on('dialog', dialog => {
        asked++
        void dialog.accept()
      })
      const reload = async () => {
        await tab.page.reload()
        await tab.page.waitForFunction(() => window.app !== undefined)
        await tab.open(server.at)
        // A page nobody has touched may not ask at all.
        await tab.page.mouse.click(5, 5)
      }
      await tab.open(server.at)
      await tab.page.mouse.click(5, 5)
      await reload()
      expect(asked).toBe(0)
      await tab.page.evaluate(() => window.app.write('pending', 3))
      await tab.page.evaluate(() => window.app.whenStored().catch(() => {}))
      expect((await tab.facts()).text).toContain(keeps ? '3 changes saved' : '3 changes NOT saved')
      expect((await tab.facts()).trouble).toBe(keeps ? null : 'local-unavailable')
      await reload()
      expect(asked).toBe(keeps ? 0 : 1)
      expect((await tab.facts()).pending.edits).toBe(keeps ? 3 : 0)
    }

    const { wsUrl } = await server.start()
    const context = await openDevice(browser)
    await context.addInitScript(() => {
      Object.defineProperty(globalThis, 'indexedDB', { value: undefined })
    })
    const tab = await openProviderTab(context, site.origin)
    let asked = 0
    tab.page.on('dialog', dialog => {
      asked++
      void dialog.accept()
    })
    await tab.open({ url: wsUrl })
    await tab.page.mouse.click(5, 5)
    await tab.page.evaluate(() => window.app.write('sent', 3))
    await tab.page.evaluate(() => window.app.flush())
    await tab.page.reload()
    expect(asked).toBe(0)
  })
})
