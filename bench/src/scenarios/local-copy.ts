import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PageBench } from '../load/page-bench.ts'
import { prepareTrace, readTrace } from '../load/trace.ts'
import { benchDir } from '../places.ts'
import type { Measures, Scenario } from '../scenario.ts'
import { chromiumPath } from '../servers/chromium.ts'

/** Edits in one task of the page: a burst of typing, or what one animation frame brings. */
const perTask = 20

/** Bundles a page script with the project's own bundler. */
async function bundle(entry: string): Promise<string> {
  const { build } = await import('vite')
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: benchDir,
    build: { write: false, minify: true, lib: { entry: join(benchDir, 'browser', entry), formats: ['es'] } },
  })
  const outputs = Array.isArray(built) ? built : [built]
  for (const output of outputs) {
    if ('output' in output) return output.output[0].code
  }
  throw new Error(`nothing was built from ${entry}`)
}

async function measure(entry: string, quick: boolean, relay: string | undefined): Promise<Measures> {
  const trace = prepareTrace()
  const script = await bundle(entry)
  const server = createServer((request, response) => {
    const page = '<!doctype html><script type="module" src="/page.js"></script>'
    if (request.url === '/page.js') response.setHeader('content-type', 'text/javascript').end(script)
    else if (request.url === '/trace') response.end(readFileSync(trace))
    else response.setHeader('content-type', 'text/html').end(page)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({
    executablePath: chromiumPath() ?? '',
    args: ['--no-sandbox', '--disable-gpu'],
  })
  try {
    const page = await browser.newPage()
    const go = async (): Promise<void> => {
      await page.goto(`http://127.0.0.1:${address.port}/`)
      await page.waitForFunction('globalThis.bench !== undefined')
    }
    await go()
    const edits = async (name: string): Promise<number> =>
      await page.evaluate(([id, each]) => (globalThis as unknown as { bench: PageBench }).bench.edits(id, 2000, each), [
        name,
        perTask,
      ] as const)
    await edits('warm-up')
    await go()
    const editsMs = await edits('measured')
    await page.evaluate(
      address => (globalThis as unknown as { bench: PageBench }).bench.fill('paper', '/trace', address),
      relay,
    )
    const opens: number[] = []
    for (let round = 0; round < (quick ? 1 : 3); round += 1) {
      await go()
      const got = await page.evaluate(() => (globalThis as unknown as { bench: PageBench }).bench.open('paper'))
      const expected = readTrace(trace).text.length
      if (got.length !== expected) throw new Error(`${got.length} characters came back instead of ${expected}`)
      opens.push(got.ms)
    }
    return { edits2000Ms: editsMs, openMs: Math.min(...opens) }
  } finally {
    await browser.close()
    server.close()
  }
}

/** The copy on the device, in a real browser. */
export const localCopy: Scenario = {
  id: 'local-copy',
  title: 'The copy on the device, Chromium and IndexedDB',
  method: `2,000 single-character edits, ${perTask} in each task of the page, until all are stored; then the 259,778-edit document, stored in updates of a hundred edits (ours: with its relay, until nothing is pending), opened in a fresh page until its content is there.`,
  servers: ['tutti', 'y-indexeddb'],
  seconds: 15,
  rows: [
    {
      measure: 'edits2000Ms',
      title: '2,000 edits stored',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'y-indexeddb', atMost: 0.2 },
        { kind: 'ratio', peer: 'y-indexeddb', atMost: 0.1, level: 'B' },
      ],
    },
    {
      measure: 'openMs',
      title: 'open the 259,778-edit document',
      unit: 'ms',
      better: 'lower',
      goals: [
        { kind: 'ratio', peer: 'y-indexeddb', atMost: 1 },
        { kind: 'ratio', peer: 'y-indexeddb', atMost: 1 / 3, level: 'B' },
      ],
    },
  ],
  phases: {},
  async run(bench) {
    if (bench.server === 'y-indexeddb') return measure('y-indexeddb.ts', bench.quick, undefined)
    const relay = await bench.start()
    const measures = await measure('tutti.ts', bench.quick, `ws://127.0.0.1:${relay.target.port}`)
    await relay.stop('SIGKILL')
    return measures
  },
}
