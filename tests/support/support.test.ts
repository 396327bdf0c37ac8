import { existsSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { launchBrowser } from './browser.ts'
import { quantile } from './figures.ts'
import { needsChromium } from './requires.ts'
import { rounds, scaled } from './scale.ts'
import { tallyLine } from './tally-reporter.ts'
import { openTempDir } from './temp-dir.ts'

it('a temporary folder is there, and gone after', async () => {
  const { path, remove } = await openTempDir('support')
  expect(existsSync(path)).toBe(true)
  await remove()
  expect(existsSync(path)).toBe(false)
})

it('a count has an everyday and a full size', () => {
  expect([5, 500]).toContain(scaled(5, 500))
})

it('a loop has them too, or goes round as often as was asked for', () => {
  expect([5, 500, Number(process.env['TUTTI_COUNT'])]).toContain(rounds(5, 500))
})

it('a quantile is one of the values', () => {
  expect([0, 0.5, 0.99].map(share => quantile([3, 1, 2], share))).toEqual([1, 2, 3])
  expect(quantile([], 0.5)).toBeNaN()
})

it('the tally names skipped tests only where there are some', () => {
  expect(tallyLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed')
  expect(tallyLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped')
})

needsChromium().it('a browser starts and runs a page', async () => {
  const browser = await launchBrowser()
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  expect(await page.evaluate(() => 'indexedDB' in globalThis)).toBe(true)
})
