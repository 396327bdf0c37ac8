import { Provider, type WebSocketClass } from '@tutti/client'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import type { Facts, OpenOptions } from './provider-page.ts'

/** A page of `provider-page.ts` with what it told. */
export interface ProviderTab {
  readonly page: Page
  /** Uncaught errors of the page. */
  readonly errors: readonly string[]
  readonly events: readonly { readonly event: string; readonly value: number | string }[]
  /** The highest number it told of an event; 0 for none. */
  highest(event: string): number
  /** Resolves when it tells an event that suits. */
  heard(event: string, suits?: (value: number | string) => boolean): Promise<void>
  open(options: OpenOptions): Promise<void>
  facts(name?: string): Promise<Facts>
  /** Resolves when exactly these entries are in the document, in any order, each once. */
  has(entries: readonly string[]): Promise<void>
  /** Resolves when everything is on the server's disk. */
  saved(name?: string): Promise<void>
  /** Resolves when the device counts so many pending edits over all documents. */
  counts(edits: number): Promise<void>
}

/** For `expect.poll`, whose own patience is too short for a browser on a busy machine. */
export const slow = { timeout: 15_000, interval: 30 } as const

/** A device with nothing on it, given up when the test is over. */
export async function openDevice(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  return context
}

/** A tab where an exception that nobody caught fails the test. */
export async function openProviderTab(context: BrowserContext, origin: string): Promise<ProviderTab> {
  const page = await context.newPage()
  const events: { event: string; value: number | string }[] = []
  const errors: string[] = []
  const waiting = new Set<() => void>()
  page.on('pageerror', error => errors.push(error.stack ?? String(error)))
  onTestFinished(() => expect(errors).toEqual([]))
  await page.exposeFunction('told', (event: string, value: number | string) => {
    events.push({ event, value })
    for (const check of waiting) check()
  })
  await page.goto(origin)
  await page.waitForFunction(() => window.app !== undefined)
  return {
    page,
    errors,
    events,
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
    async open(options) {
      await page.evaluate(given => window.app.open(given), options)
      await page.waitForFunction(name => window.app.facts(name).isLoaded, options.name)
    },
    facts: name => page.evaluate(given => window.app.facts(given), name),
    async has(entries) {
      const wanted = [...entries].sort().join(' ')
      try {
        await page.waitForFunction(text => window.app.content().sort().join(' ') === text, wanted, { timeout: 15_000 })
      } catch {
        expect((await page.evaluate(() => window.app.content())).sort()).toEqual([...entries].sort())
      }
    },
    async saved(name) {
      await page.waitForFunction(given => window.app.facts(given).kind === 'saved', name)
    },
    async counts(edits) {
      await expect.poll(async () => (await page.evaluate(() => window.app.overall())).edits, slow).toBe(edits)
    },
  }
}

/** `label-0` to `label-(count - 1)`. */
export function entries(label: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${label}-${i}`)
}

/** A second client, in this process, with nothing kept. */
export function openElsewhere(url: string, token?: string): Provider {
  const provider = new Provider(url, 'song', new Y.Doc(), {
    WebSocketPolyfill: WebSocket as unknown as WebSocketClass,
    persist: false,
    maxBackoffTime: 300,
    ...(token !== undefined && { token }),
  })
  onTestFinished(() => provider.close())
  return provider
}

/** What a client that has never been here finds on the server, sorted. */
export async function foundElsewhere(url: string): Promise<string[]> {
  const provider = openElsewhere(url)
  await provider.flush()
  const found = entriesIn(provider.doc)
  await provider.close()
  return found
}

export function entriesIn(doc: Y.Doc): string[] {
  return doc
    .getArray<string>('list')
    .map(entry => entry.split(' ')[0] as string)
    .sort()
}
