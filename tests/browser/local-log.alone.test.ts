import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import * as Y from 'yjs'
import { launchDevice } from '../support/browser.ts'
import { type DeviceTab, openTab } from '../support/device-test.ts'
import { needsChromium } from '../support/requires.ts'
import { type ServedPage, servePage } from '../support/serve-page.ts'
import { openTempDir } from '../support/temp-dir.ts'

const { describe, it } = needsChromium()

interface Trace {
  readonly endContent: string
  readonly txns: readonly { readonly patches: readonly (readonly [number, number, string])[] }[]
}

/** The recorded paper where it is at hand, otherwise one that is typed here. */
function readTrace(): Trace {
  const folder = process.env['TUTTI_TRACES'] ?? fileURLToPath(new URL('../../../shared/traces', import.meta.url))
  const path = `${folder}/automerge-paper.json.gz`
  if (existsSync(path)) return JSON.parse(gunzipSync(readFileSync(path)).toString()) as Trace
  process.stderr.write('the recorded trace was not found; a made one is used\n')
  const txns: Trace['txns'][number][] = []
  let endContent = ''
  for (let i = 0; i < 100_000; i++) {
    const at = (i * 7919) % (endContent.length + 1)
    txns.push({ patches: [[at, 0, 'x']] })
    endContent = `${endContent.slice(0, at)}x${endContent.slice(at)}`
  }
  return { endContent, txns }
}

/** The edits of the trace as updates of a hundred each, with their lengths before them. */
function updatesOf(trace: Trace): Uint8Array {
  const doc = new Y.Doc()
  const text = doc.getText('text')
  const parts: Buffer[] = []
  doc.on('update', (bytes: Uint8Array) => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    parts.push(length, Buffer.from(bytes))
  })
  for (let i = 0; i < trace.txns.length; i += 100) {
    doc.transact(() => {
      for (const { patches } of trace.txns.slice(i, i + 100)) {
        for (const [at, deleted, inserted] of patches) {
          if (deleted > 0) text.delete(at, deleted)
          if (inserted !== '') text.insert(at, inserted)
        }
      }
    })
  }
  return Buffer.concat(parts)
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

describe('the local copy beside y-indexeddb in Chromium', () => {
  let site: ServedPage
  let context: BrowserContext
  let profile: Awaited<ReturnType<typeof openTempDir>>
  let trace: Trace
  beforeAll(async () => {
    trace = readTrace()
    site = await servePage('tests/support/device-page.ts', { trace: updatesOf(trace) })
    profile = await openTempDir('device')
    context = await launchDevice(profile.path)
  }, 120_000)
  afterAll(async () => {
    await context?.close()
    await site?.close()
    await profile?.remove()
  })

  /** A page of its own for each measure, ours and theirs in turn. */
  async function inTurn<T>(rounds: number, run: (tab: DeviceTab, round: number, ours: boolean) => Promise<T>) {
    const found = { ours: [] as T[], theirs: [] as T[] }
    for (let round = 0; round < rounds; round++) {
      for (const side of ['ours', 'theirs'] as const) {
        const tab = await openTab(context, site.origin)
        found[side].push(await run(tab, round, side === 'ours'))
        await tab.page.close()
      }
    }
    return found
  }

  it('[LOC2] 2,000 edits are stored in a fifth of the time', async () => {
    for (const spread of [false, true]) {
      const { ours, theirs } = await inTurn(3, ({ page }, round, isOurs) =>
        page.evaluate(
          ([name, all, own]) =>
            own ? window.device.timeOurs(name, 2000, all) : window.device.timeYIndexedDb(name, 2000, all),
          [`${isOurs ? 'ours' : 'theirs'}-${spread}-${round}`, spread, isOurs] as const,
        ),
      )
      const [our, their] = [median(ours), median(theirs)]
      const how = spread ? 'each in a task of its own' : 'at once'
      process.stdout.write(
        `2,000 edits ${how}: ${our.toFixed(0)} ms, y-indexeddb ${their.toFixed(0)} ms, ratio ${(our / their).toFixed(3)}\n`,
      )
      expect(our / their, how).toBeLessThan(0.2)
    }
  }, 120_000)

  it('[LOC11] a document of 260,000 edits opens whole, no slower than from y-indexeddb', async () => {
    const filling = await openTab(context, site.origin)
    await filling.page.evaluate(() => window.device.fillOurs('long-ours', 'trace'))
    await filling.page.evaluate(() => window.device.fillYIndexedDb('long-theirs', 'trace'))
    await filling.page.close()
    const { ours, theirs } = await inTurn(5, async ({ page }, _, isOurs) => {
      const opened = isOurs
        ? await page.evaluate(() => window.device.openOurs('long-ours'))
        : await page.evaluate(() => window.device.openYIndexedDb('long-theirs'))
      expect(opened.length).toBe(trace.endContent.length)
      return opened.ms
    })
    const [our, their] = [Math.min(...ours), Math.min(...theirs)]
    process.stdout.write(`opening a long document: ${our.toFixed(0)} ms, y-indexeddb ${their.toFixed(0)} ms\n`)
    expect(our).toBeLessThan(their * 1.3)
  }, 240_000)
})
