import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { build } from 'vite'
import { launchBrowser } from '../support/browser.ts'
import { needsChromium } from '../support/requires.ts'
import { spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'
import { type Edition, editions } from './stock-client.ts'
import { until, untilSynced } from './until.ts'

/** The page as a bundler makes it, kept in memory. */
async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    root: fileURLToPath(new URL('.', import.meta.url)),
    build: {
      write: false,
      minify: false,
      rollupOptions: { input: fileURLToPath(new URL('whole-app-page.ts', import.meta.url)) },
    },
  })
  const outputs = (Array.isArray(built) ? built : [built]) as { output: { type: string; code?: string }[] }[]
  return outputs.flatMap(({ output }) => output).find(({ type }) => type === 'chunk')?.code ?? ''
}

/** Serves the page on loopback; it stays up when the relay goes, as a cached app would. */
async function servePage(script: string): Promise<string> {
  const html = `<!doctype html><meta charset="utf-8"><textarea></textarea><output></output><script type="module" src="/page.js"></script>`
  const http = createHttpServer((request, response) => {
    const isScript = request.url?.startsWith('/page.js') === true
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : html)
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

async function shows(page: Page, what: string): Promise<void> {
  await page.waitForFunction(wanted => document.querySelector('output')?.textContent?.includes(wanted) === true, what, {
    timeout: 20_000,
  })
}

async function type(page: Page, text: string): Promise<void> {
  await page.locator('textarea').fill(text)
}

needsChromium().it(
  '[SES1] the stock pair in Chromium: edits while offline, a reload, the relay killed; all of it is everywhere',
  { timeout: 90_000 },
  async () => {
    const dir = await tempDir('pair')
    const relay = await spawnServer({ dir })
    const { port, wsUrl } = relay
    const site = await servePage(await bundle())
    const browser = await launchBrowser()
    onTestFinished(() => browser.close())
    const device = async () => {
      const context = await browser.newContext()
      const page = await context.newPage()
      await page.goto(`${site}/?server=${encodeURIComponent(wsUrl)}`)
      await shows(page, '|online|loaded')
      return { context, page }
    }
    const [phone, laptop] = [await device(), await device()]
    await type(phone.page, 'one ')
    await shows(laptop.page, 'one |')
    await type(laptop.page, 'two ')
    await shows(phone.page, 'one two |online')

    // The relay is killed; both write on, and one page is loaded anew from what its device holds.
    await relay.kill('SIGKILL')
    await shows(phone.page, '|offline')
    await shows(laptop.page, '|offline')
    await type(phone.page, 'phone ')
    await type(laptop.page, 'laptop ')
    await phone.page.reload()
    await shows(phone.page, 'one two phone |offline|loaded')
    await type(phone.page, 'again ')

    await spawnServer({ dir, port })
    const node = (editions[2] as Edition).connect(`http://127.0.0.1:${port}`, 'song')
    await untilSynced([node])
    const words = ['one', 'two', 'phone', 'laptop', 'again']
    const has = () => words.every(word => node.doc.read().text.split(' ').includes(word))
    await until([node], 'everything came', has, 20_000)
    const { text } = node.doc.read()
    await shows(phone.page, `${text}|online`)
    await shows(laptop.page, `${text}|online`)
    expect(text).toHaveLength('one two phone laptop again '.length)
  },
)
