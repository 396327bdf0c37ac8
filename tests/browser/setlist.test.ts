import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { needsChromium } from '../support/requires.ts'
import { type ServerProcess, spawnServer } from '../support/spawn-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const site = fileURLToPath(new URL('../../examples/setlist/dist', import.meta.url))
const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
const { describe, it } = needsChromium()

describe('the setlist', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser.close())

  async function serve(dir: string, port = 0): Promise<ServerProcess> {
    return await spawnServer({ dir, port, args: ['--site', site] })
  }

  /** A device of the band, with a name, where an exception in the page fails the test. */
  async function device(
    name: string,
    server: ServerProcess,
    options: BrowserContextOptions = {},
    first: () => void = () => {},
  ): Promise<Page> {
    const context = await browser.newContext(options)
    await context.addInitScript(first)
    await context.addInitScript(
      person => {
        if (localStorage.getItem('setlist-person') === null) localStorage.setItem('setlist-person', person)
      },
      JSON.stringify({ name, color: '#1971c2', device: name }),
    )
    const page = await context.newPage()
    const thrown: Error[] = []
    page.on('pageerror', error => thrown.push(error))
    onTestFinished(async () => {
      await context.close()
      expect(thrown).toEqual([])
    })
    await page.goto(server.url)
    await shows(page, 'All changes saved')
    return page
  }

  it('[SET4] what one writes the others see, and who is where', async () => {
    const server = await serve(await tempDir('setlist'))
    const mara = await device('Mara', server)
    const theo = await device('Theo', server, phone)
    expect(await titles(theo)).toHaveLength(5)

    await openSong(theo, 'Scarborough Fair')
    await mara.locator('.song', { hasText: 'Scarborough Fair' }).locator('.avatar').waitFor()
    await theo.getByLabel('Key', { exact: true }).fill('F#m')
    await theo.getByLabel('BPM', { exact: true }).fill('99')
    await mara.locator('.facts', { hasText: 'F#m99 bpm' }).waitFor()

    await openSong(mara, 'Scarborough Fair')
    await theo.getByLabel('Notes', { exact: true }).click()
    await theo.keyboard.press('Control+End')
    await theo.keyboard.type(' Watch ')
    await theo.keyboard.press('Control+b')
    await theo.keyboard.type('Mara')
    await mara.locator('.rich-text b', { hasText: 'Mara' }).waitFor()
    await mara.locator('.caret', { hasText: 'Theo' }).waitFor()

    await addSong(mara, 'Goodnight, Irene')
    await theo.locator('.song', { hasText: 'Goodnight, Irene' }).waitFor()
    await mara.getByLabel('Name of the setlist').fill('Saturday')
    await theo.waitForFunction(() => document.title === 'Saturday')
    await shows(mara, 'All changes saved')
    await shows(theo, 'All changes saved')
  })

  it('[SET5] many devices that open a new setlist at once find the first songs once', async () => {
    const server = await serve(await tempDir('setlist'))
    const pages = await Promise.all(['Mara', 'Theo', 'Ines'].map(name => device(name, server)))
    for (const page of pages) expect(await titles(page)).toHaveLength(5)
  })

  it('[SET6] without a network the page opens, is edited, and all of it arrives later', async () => {
    const server = await serve(await tempDir('setlist'))
    const mara = await device('Mara', server)
    const theo = await device('Theo', server, phone)
    await theo.evaluate(async () => void (await navigator.serviceWorker.ready))

    await theo.context().setOffline(true)
    await shows(theo, 'Offline')
    await addSong(theo, 'Shady Grove')
    await shows(theo, 'Offline. 1 change saved on this device')
    await theo.reload()
    await theo.locator('.song', { hasText: 'Shady Grove' }).waitFor()
    await shows(theo, 'Offline. 1 change saved on this device')
    await addSong(theo, 'Cluck Old Hen')
    await shows(theo, 'Offline. 2 changes saved on this device')
    await addSong(mara, 'Cripple Creek')

    await theo.context().setOffline(false)
    for (const page of [mara, theo]) {
      for (const title of ['Shady Grove', 'Cluck Old Hen', 'Cripple Creek']) {
        await page.locator('.song', { hasText: title }).waitFor()
      }
      await shows(page, 'All changes saved')
    }
    expect(await titles(theo)).toEqual(await titles(mara))
  })

  it('[SET7] after kill -9 of the server everything that was said to be saved is there', async () => {
    const dir = await tempDir('setlist')
    const server = await serve(dir)
    const mara = await device('Mara', server)
    const theo = await device('Theo', server)
    for (let n = 1; n <= 5; n++) await addSong(mara, `Song ${n}`)
    await shows(mara, 'All changes saved')
    await addSong(theo, 'In the middle')
    await server.kill()
    await shows(mara, /Offline|Reconnecting/)
    await addSong(mara, 'While it was gone')

    const again = await serve(dir, server.port)
    for (const page of [mara, theo]) {
      await page.locator('.song', { hasText: 'In the middle' }).waitFor()
      await page.locator('.song', { hasText: 'While it was gone' }).waitFor()
      await shows(page, 'All changes saved')
    }
    // Somebody new has only what the server has.
    const ines = await device('Ines', again)
    await ines.locator('.song', { hasText: 'While it was gone' }).waitFor()
    expect(await titles(ines)).toEqual(await titles(mara))
    expect(await titles(ines)).toEqual(expect.arrayContaining([1, 2, 3, 4, 5].map(n => `Song ${n}`)))
  })

  it('[SET8] songs are dragged with a finger and a mouse, and moved by keyboard', async () => {
    const server = await serve(await tempDir('setlist'))
    const mara = await device('Mara', server)
    const theo = await device('Theo', server, phone)
    const [first, second, third, ...rest] = await titles(theo)

    await dragByTouch(theo, 0, 2)
    await expect.poll(() => titles(theo)).toEqual([second, third, first, ...rest])
    await expect.poll(() => titles(mara)).toEqual([second, third, first, ...rest])

    await mara.locator('.handle').nth(2).focus()
    await mara.keyboard.press('ArrowUp')
    await mara.keyboard.press('ArrowUp')
    await expect.poll(() => titles(theo)).toEqual([first, second, third, ...rest])
    expect(await mara.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toContain(first)

    await dragByMouse(mara, 2, 0)
    await mara.mouse.up()
    await expect.poll(() => titles(theo)).toEqual([third, first, second, ...rest])
    await dragByMouse(mara, 0, 3)
    await mara.keyboard.press('Escape')
    await mara.mouse.up()
    expect(await titles(mara)).toEqual([third, first, second, ...rest])
  })

  it('[SET11] where nothing can be kept on the device, it is said', async () => {
    const server = await serve(await tempDir('setlist'))
    const mara = await device('Mara', server, {}, () =>
      Object.defineProperty(globalThis, 'indexedDB', { value: undefined }),
    )
    await mara.context().setOffline(true)
    await addSong(mara, 'Shady Grove')
    await shows(mara, 'Offline. 1 change NOT saved on this device')
    expect(await mara.locator('.saving').getAttribute('data-tone')).toBe('alarm')
    await mara.context().setOffline(false)
    await shows(mara, 'All changes saved')
  })

  it('[SET12] an edit that is refused is told with its reason, and can be undone', async () => {
    const server = await serve(await tempDir('setlist'))
    const mara = await device('Mara', server)
    const theo = await device('Theo', server)
    await openSong(theo, 'Scarborough Fair')
    await theo.getByLabel('Title').evaluate((title: HTMLInputElement) => {
      title.value = 'x'.repeat(9_000_000) // More than one edit may be.
      title.dispatchEvent(new Event('input'))
    })
    await shows(theo, /^Not saved: .* 1 change saved on this device$/)
    await theo.getByRole('button', { name: 'Undo them' }).click()
    await shows(theo, 'All changes saved')
    await addSong(theo, 'Short and sweet')
    await expect.poll(() => titles(mara)).toContain('Short and sweet')
    expect(await titles(theo)).toEqual(await titles(mara))
    expect(await titles(theo)).toContain('Scarborough Fair')
  })

  it('[SET13] another name is another setlist', async () => {
    const server = await serve(await tempDir('setlist'))
    const mara = await device('Mara', server)
    await addSong(mara, 'Only tonight')
    await shows(mara, 'All changes saved')
    await mara.goto(`${server.url}/#friday%20night`)
    await expect.poll(() => titles(mara)).toHaveLength(5)
    await addSong(mara, 'Only on Friday')
    await shows(mara, 'All changes saved')
    await mara.goBack()
    await expect.poll(() => titles(mara)).toContain('Only tonight')
    expect(await titles(mara)).not.toContain('Only on Friday')
    await mara.goto(`${server.url}/#..`)
    await expect.poll(() => titles(mara)).toContain('Only tonight')
  })

  it('[SET3] a song that was removed comes back with its notes', async () => {
    const server = await serve(await tempDir('setlist'))
    const mara = await device('Mara', server)
    const theo = await device('Theo', server, phone)
    const before = await titles(mara)
    await openSong(theo, 'When the Saints')
    await theo.getByRole('button', { name: 'Remove song' }).click()
    await expect.poll(() => titles(mara)).not.toContain('When the Saints')
    await theo.getByRole('button', { name: 'Undo', exact: true }).click()
    await expect.poll(() => titles(mara)).toEqual(before)
    await openSong(mara, 'When the Saints')
    expect(await mara.locator('.rich-text i').textContent()).toBe('Everybody')
  })

  it('[SET9] on a phone nothing sticks out, and the stage leads through the evening', async () => {
    const server = await serve(await tempDir('setlist'))
    const theo = await device('Theo', server, phone)
    await addSong(theo, 'A title that is far too long for the screen of any telephone that fits a pocket')
    await openSong(theo, 'A title that is far too long')
    expect(await theo.evaluate(() => document.documentElement.scrollWidth)).toBe(360)

    const order = await titles(theo)
    await theo.getByRole('button', { name: 'Stage' }).click()
    const heading = theo.getByRole('heading')
    for (const title of order) {
      expect(await heading.textContent()).toBe(title)
      await theo.keyboard.press('PageDown')
    }
    await theo.keyboard.press('PageUp')
    expect(await heading.textContent()).toBe(order.at(-2))
    expect(await theo.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
    await theo.goBack()
    expect(await titles(theo)).toEqual(order)
  })

  it('[SET10] the caret stays with its letter while others write, a composition is left alone', async () => {
    const server = await serve(await tempDir('setlist'))
    const mara = await device('Mara', server)
    const theo = await device('Theo', server)
    for (const page of [mara, theo]) {
      await openSong(page, 'Down by the Riverside')
      await page.getByLabel('Notes', { exact: true }).click()
    }
    const notes = (page: Page): Promise<string | null> => page.locator('.rich-text').textContent()
    await mara.keyboard.press('Control+End')
    await theo.keyboard.press('Control+Home')

    const keyboard = await mara.context().newCDPSession(mara)
    await keyboard.send('Input.imeSetComposition', { text: 'に', selectionStart: 1, selectionEnd: 1 })
    await theo.keyboard.type('1, 2. ')
    await expect.poll(() => notes(theo)).toBe('1, 2. Hands on two and four.に')
    await keyboard.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 })
    expect(await notes(mara)).toMatch(/^(1, 2\. )?Hands on two and four\.にほ$/)
    await keyboard.send('Input.insertText', { text: '日本' })
    await mara.keyboard.type('!')
    for (const page of [mara, theo]) {
      await expect.poll(() => notes(page)).toBe('1, 2. Hands on two and four.日本!')
    }
    await theo.keyboard.type('Go! ')
    await expect.poll(() => notes(mara)).toContain('Go! ')
    await mara.keyboard.press('Backspace')
    await mara.keyboard.press('Enter')
    await mara.keyboard.type('End')
    await expect.poll(() => notes(theo)).toBe('1, 2. Go! Hands on two and four.日本\nEnd')
    for (let n = 0; n < 4; n++) await mara.keyboard.press('Control+z')
    await expect.poll(() => notes(theo)).toBe('1, 2. Go! Hands on two and four.')
  })
})

async function shows(page: Page, text: string | RegExp): Promise<void> {
  const pattern = typeof text === 'string' ? new RegExp(`^${text.replaceAll('.', '\\.')}$`) : text
  await expect.poll(() => page.locator('.saving-text').textContent(), { timeout: 20_000 }).toMatch(pattern)
}

async function titles(page: Page): Promise<string[]> {
  return await page
    .locator('.song')
    .evaluateAll(rows =>
      rows.map(row => row.querySelector('input')?.value ?? row.querySelector('.title')?.textContent ?? ''),
    )
}

async function openSong(page: Page, title: string): Promise<void> {
  await page.locator('.song', { hasText: title }).locator('.summary').click()
}

async function addSong(page: Page, title: string): Promise<void> {
  await page.getByLabel('Add a song').fill(title)
  await page.getByLabel('Add a song').press('Enter')
}

/** Takes a row and holds it over another; the button stays down. */
async function dragByMouse(page: Page, from: number, to: number): Promise<void> {
  await page.locator('.handle').nth(from).hover()
  await page.mouse.down()
  const end = await page.locator('.handle').nth(to).boundingBox()
  if (end === null) throw new Error('there is no such handle')
  await page.mouse.move(end.x + 5, end.y + end.height / 2, { steps: 6 })
}

async function dragByTouch(page: Page, from: number, to: number): Promise<void> {
  const start = await page.locator('.handle').nth(from).boundingBox()
  const end = await page.locator('.handle').nth(to).boundingBox()
  if (start === null || end === null) throw new Error('there is no such handle')
  const finger = await page.context().newCDPSession(page)
  const x = start.x + start.width / 2
  const [y0, y1] = [start.y + start.height / 2, end.y + end.height / 2 + 4]
  await finger.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y: y0 }] })
  for (let step = 1; step <= 8; step++) {
    const y = y0 + ((y1 - y0) * step) / 8
    await finger.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x, y }] })
  }
  await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
}
