import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scenarios } from '../scenarios/index.ts'
import { markdown } from './markdown.ts'
import { plots } from './plots.ts'
import type { Results } from './results.ts'

/** Writes RESULTS.md and its plots into a folder; plots of what is gone are gone too. */
export function writePage(folder: string, results: Results): void {
  const drawn = plots(results, scenarios)
  rmSync(join(folder, 'plots'), { recursive: true, force: true })
  mkdirSync(join(folder, 'plots'), { recursive: true })
  for (const { file, svg } of drawn) writeFileSync(join(folder, 'plots', file), svg)
  writeFileSync(join(folder, 'RESULTS.md'), markdown(results, scenarios, drawn))
}
