// Takes the picture of the README from the real thing: a server, three devices, one of them without a network.
//   npm run build && npm run picture -w examples/setlist
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const path = relative => fileURLToPath(new URL(relative, import.meta.url))
const data = mkdtempSync(join(tmpdir(), 'tutti-picture-'))
const server = spawn(
  process.execPath,
  [path('../../../packages/server/bin/tutti.js'), 'serve', '--port', '0', '--data', data, '--site', path('../dist')],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
})

try {
  const url = await listening(server)
  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
  const laptop = await device(url, ['Mara', '#c2255c'], {
    viewport: { width: 980, height: 700 },
    colorScheme: 'light',
  })
  const stage = await device(url, ['Ines', '#2b8a3e'], { ...phone, colorScheme: 'dark' })
  const away = await device(url, ['Theo', '#1971c2'], { ...phone, colorScheme: 'dark' })

  await away.context().setOffline(true)
  await says(away, /Offline/)
  await add(away, 'Goodnight, Irene')
  await away.getByLabel('Name of the setlist').fill('Friday at the Blue Door')
  await song(away, 'Scarborough Fair').locator('.handle').press('ArrowUp')
  await away.evaluate(() => document.activeElement.blur())
  await says(away, /saved on this device/)

  await stage.getByRole('button', { name: 'Stage' }).click()
  await stage.locator('.next').click()
  await stage.locator('.next').click()
  await song(laptop, 'St. James').locator('.summary').click()
  await laptop.getByLabel('Notes', { exact: true }).click()
  await laptop.keyboard.press('Control+End')
  await laptop.keyboard.press('Enter')
  await laptop.keyboard.press('Control+b')
  await laptop.keyboard.type('Stop')
  await laptop.keyboard.press('Control+b')
  await laptop.keyboard.type(' before the last chorus')
  await stage.locator('.stage-notes', { hasText: 'before the last chorus' }).waitFor()
  await says(laptop, /^All changes saved$/)

  const [one, two, three] = await Promise.all([laptop, stage, away].map(shot))
  const page = await browser.newPage({ viewport: { width: 1720, height: 960 } })
  await page.setContent(composition(one, two, three))
  await page
    .locator('img')
    .last()
    .evaluate(image => image.decode())
  await page.screenshot({ path: path('../../../docs/images/three-devices.png') })
} finally {
  await browser.close()
  server.kill()
  await new Promise(resolve => server.once('exit', resolve))
  rmSync(data, { recursive: true, force: true })
}

async function device(url, [name, color], options) {
  const context = await browser.newContext({ deviceScaleFactor: 2, reducedMotion: 'reduce', ...options })
  await context.addInitScript(
    person => localStorage.setItem('setlist-person', person),
    JSON.stringify({ name, color, device: name }),
  )
  const page = await context.newPage()
  await page.goto(url)
  await says(page, /^All changes saved$/)
  return page
}

async function says(page, text) {
  await page.locator('.saving-text', { hasText: text }).waitFor()
}

async function add(page, title) {
  await page.getByLabel('Add a song').fill(title)
  await page.getByLabel('Add a song').press('Enter')
}

function song(page, title) {
  return page.locator('.song', { hasText: title })
}

async function shot(page) {
  await page.evaluate(() => scrollTo(0, 0))
  return `data:image/png;base64,${(await page.screenshot({ caret: 'initial' })).toString('base64')}`
}

function composition(laptop, stage, away) {
  return `<style>
    body { margin: 0; height: 960px; overflow: hidden; background: radial-gradient(120% 90% at 30% 10%, #f4e6cf, #d9bd94 60%, #b98d5c) }
    img { display: block; width: 100% }
    figure { position: absolute; margin: 0; background: #15120f; box-shadow: 0 2px 4px #0003, 0 30px 60px -18px #2a170899 }
    .laptop { left: 64px; top: 84px; width: 1000px; padding: 14px; border-radius: 20px }
    .laptop img { border-radius: 8px }
    .laptop::after { content: ''; position: absolute; left: -56px; right: -56px; top: 100%; height: 20px; margin-top: -4px; border-radius: 3px 3px 18px 18px; background: linear-gradient(#e9e4dc, #b9b1a6) }
    .phone { width: 290px; padding: 9px; border-radius: 42px }
    .phone img { border-radius: 33px }
    .stage { left: 1022px; top: 290px }
    .away { left: 1356px; top: 190px }
  </style>
  <figure class="laptop"><img src="${laptop}"></figure>
  <figure class="phone stage"><img src="${stage}"></figure>
  <figure class="phone away"><img src="${away}"></figure>`
}

async function listening({ stdout }) {
  for await (const line of createInterface({ input: stdout })) {
    const found = /http:\/\/\S+/.exec(line)
    if (found !== null) return found[0]
  }
  throw new Error('the server did not start')
}
