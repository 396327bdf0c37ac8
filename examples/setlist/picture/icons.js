// Draws the icons that phones want as pixels from `public/icon.svg`: npm run icons -w examples/setlist
import { readFileSync, writeFileSync } from 'node:fs'
import { chromium } from 'playwright-core'

const file = name => new URL(`../public/${name}`, import.meta.url)
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})
for (const size of [192, 512]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  // Whoever cuts the icon to a shape finds its ground everywhere.
  const drawing = readFileSync(file('icon.svg'), 'utf8').replace('rx="112"', '')
  await page.setContent(`<style>body{margin:0}svg{display:block}</style>${drawing}`)
  writeFileSync(file(`icon-${size}.png`), await page.screenshot())
}
await browser.close()
