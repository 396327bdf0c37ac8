import { existsSync } from 'node:fs'
import { describe, it, type TestContext } from 'vitest'
import { forbiddenHere } from './tally-reporter.ts'

/** Where everything must run (`TUTTI_REQUIRE_ALL=1`), a missing program is a failure and not a reason to skip. */
export const requireAll: boolean = process.env['TUTTI_REQUIRE_ALL'] === '1'

const chromiumPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** An installed Chromium (`CHROMIUM_PATH` goes before the usual places), or `null`. */
export function chromiumPath(): string | null {
  const asked = process.env['CHROMIUM_PATH']
  if (asked !== undefined && asked !== '') return existsSync(asked) ? asked : null
  return chromiumPlaces.find(place => existsSync(place)) ?? null
}

/**
 * `describe` and `it` for tests that need `what`. Without it they are skipped and one line says why; where nothing may
 * be skipped, they fail with that line instead.
 */
export function needs(
  isPresent: boolean,
  what: string,
): { describe: typeof describe | typeof describe.skip; it: typeof it | typeof it.skip } {
  if (isPresent) return { describe, it }
  if (requireAll) throw new Error(`${what} is required here (TUTTI_REQUIRE_ALL=1) and was not found`)
  process.stderr.write(`skipped: ${what} was not found\n`)
  return { describe: describe.skip, it: it.skip }
}

/** `needs` for tests that drive a browser. */
export function needsChromium(): ReturnType<typeof needs> {
  return needs(chromiumPath() !== null, 'Chromium (/usr/bin/chromium, or CHROMIUM_PATH)')
}

/**
 * For what some machines allow to nobody, so that nothing could be installed to make it run: skips the test, with the
 * reason, even where nothing else may be skipped. Call first inside the test.
 */
export function unlessForbidden(context: TestContext, isAllowed: boolean, what: string): void {
  if (!isAllowed) context.skip(`${forbiddenHere}${what}`)
}
