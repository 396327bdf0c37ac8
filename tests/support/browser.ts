import { type Browser, type BrowserContext, chromium } from 'playwright-core'
import { chromiumPath } from './requires.ts'

/** No sandbox because tests run as root in containers; the rest keeps the browser quiet and off the network. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A Chromium whose contexts are all fresh. Close it in the hook after the tests. */
export async function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  return await chromium.launch({ executablePath: path(), args: [...args, ...more] })
}

/** A browser over a profile folder that outlives it: what a device keeps between runs. */
export async function launchDevice(profileDir: string, more: readonly string[] = []): Promise<BrowserContext> {
  return await chromium.launchPersistentContext(profileDir, { executablePath: path(), args: [...args, ...more] })
}

function path(): string {
  const found = chromiumPath()
  if (found === null) throw new Error('Chromium was not found')
  return found
}
