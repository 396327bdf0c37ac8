import { createServer } from '@tutti/server'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import {
  entries,
  entriesIn,
  foundElsewhere,
  openDevice,
  openElsewhere,
  openProviderTab,
} from '../support/provider-tab.ts'
import { needsChromium } from '../support/requires.ts'
import { scaled } from '../support/scale.ts'
import { type ServedPage, servePage } from '../support/serve-page.ts'
import { spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const { describe, it } = needsChromium()

describe('a provider in Chromium and what a server may say', () => {
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

  it('[CLI15] the token is asked for at every attempt, whatever becomes of it', async () => {
    const dir = await tempDir('server')
    let server = await spawnServer({ dir })
    const url = server.wsUrl
    const context = await openDevice(browser)
    const tab = await openProviderTab(context, site.origin)
    await tab.open({ url, token: 'secret' })
    await tab.saved()
    expect(await tab.page.evaluate(() => window.app.attempts())).toEqual({ tokens: 1, sockets: 1 })
    let before = 1
    for (let restart = 0; restart < scaled(2, 10); restart++) {
      await server.kill()
      await tab.page.waitForFunction(() => window.app.facts().kind === 'reconnecting')
      // At least one attempt that fails.
      await tab.page.waitForFunction(count => window.app.attempts().sockets > count, before)
      server = await spawnServer({ dir, port: server.port })
      await tab.saved()
      const { tokens, sockets } = await tab.page.evaluate(() => window.app.attempts())
      expect(tokens).toBe(sockets)
      expect(tokens).toBeGreaterThanOrEqual(before + 2)
      before = tokens
    }
    expect(server.stderr()).not.toContain('secret')
  })

  it('[CLI7] an edit that is not allowed is told once, and undone in the page that shows it', async () => {
    const server = await createServer({
      host: '127.0.0.1',
      port: 0,
      data: await tempDir('server'),
      logLevel: 'silent',
      authorize: {
        identify: token => (token === '' ? null : { subject: token }),
        permit: ({ subject }) => (subject === 'writer' ? 'write' : 'read'),
      },
    })
    onTestFinished(() => server.close())
    const url = server.url.replace('http', 'ws')
    const writer = openElsewhere(url, 'writer')
    writer.doc.getArray('list').push(['given'])
    await writer.flush()

    const context = await openDevice(browser)
    const tab = await openProviderTab(context, site.origin)
    await tab.open({ url, token: 'reader' })
    await tab.heard('permission', scope => scope === 'readonly')
    await tab.has(['given'])
    expect((await tab.facts()).kind).toBe('read-only')
    await tab.page.evaluate(() => window.app.write('mine', 2))
    await tab.heard('refused', code => code === 'read-only')
    const told = await tab.facts()
    expect(told.kind).toBe('refused')
    expect(told.text).toContain('Not saved: ')
    expect(await tab.page.evaluate(() => window.app.shown())).toEqual(['given', 'mine-0', 'mine-1'])

    await tab.page.evaluate(() => window.app.undoRefused())
    await tab.heard('reload')
    expect(await tab.page.evaluate(() => window.app.shown())).toEqual(['given'])
    expect((await tab.facts()).pending).toEqual({ edits: 0, bytes: 0 })
    writer.doc.getArray('list').push(['later'])
    await writer.flush()
    await tab.page.waitForFunction(() => window.app.shown().join(' ') === 'given later')
    expect(entriesIn(writer.doc)).toEqual(['given', 'later'])
    expect(tab.events.filter(({ event }) => event === 'refused').length).toBe(1)

    await tab.page.reload()
    await tab.page.waitForFunction(() => window.app !== undefined)
    expect(await tab.page.evaluate(() => window.app.overall())).toEqual({ edits: 0, bytes: 0 })
    await tab.open({ url, token: 'reader' })
    await tab.has(['given', 'later'])
  })

  it('[CLI12] a document that is another one by now is shown, and the copy is kept as a branch', async () => {
    const old = await spawnServer({ dir: await tempDir('server') })
    const context = await openDevice(browser)
    const tab = await openProviderTab(context, site.origin)
    await tab.open({ url: old.wsUrl })
    await tab.page.evaluate(() => window.app.write('old', 5))
    await tab.page.evaluate(() => window.app.flush())
    await tab.counts(0)
    await old.kill()
    await tab.page.waitForFunction(() => window.app.facts().kind === 'reconnecting')
    await tab.page.evaluate(() => window.app.write('unsent', 2))
    await tab.page.evaluate(() => window.app.whenStored())

    const dir = await tempDir('server')
    const made = await spawnServer({ dir })
    const other = openElsewhere(made.wsUrl)
    other.doc.getArray('list').push(['new'])
    await other.flush()
    await other.close()
    await made.kill()
    const { wsUrl } = await spawnServer({ dir, port: old.port })

    await tab.heard('reload')
    await tab.saved()
    await tab.has(['new'])
    expect(await tab.page.evaluate(() => window.app.shown())).toEqual(['new'])
    expect(await foundElsewhere(wsUrl)).toEqual(['new'])
    const kept = [{ reason: 'epoch-mismatch', content: [...entries('old', 5), ...entries('unsent', 2)] }]
    expect(await tab.page.evaluate(() => window.app.branches())).toEqual(kept)

    await tab.page.evaluate(() => window.app.write('more', 1))
    await tab.page.evaluate(() => window.app.flush())
    expect(await foundElsewhere(wsUrl)).toEqual(['more-0', 'new'])
    await tab.counts(0)
    await tab.page.reload()
    await tab.page.waitForFunction(() => window.app !== undefined)
    await tab.open({ url: wsUrl })
    await tab.has(['more-0', 'new'])
    expect(await tab.page.evaluate(() => window.app.branches())).toEqual(kept)
    expect(await tab.page.evaluate(() => window.app.overall())).toEqual({ edits: 0, bytes: 0 })
  })
})
