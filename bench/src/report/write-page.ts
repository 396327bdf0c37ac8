import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { benchDir, repoDir } from '../places.ts'
import { scenarios } from '../scenarios/index.ts'
import { boundsText, withBounds } from './bounds.ts'
import { markdown } from './markdown.ts'
import { plots } from './plots.ts'
import type { Results } from './results.ts'

/**
 * Writes RESULTS.md and its plots into a folder; plots of what is gone are gone too. The published results also fill the
 * tables of `docs/scale.md`.
 */
export function writePage(folder: string, results: Results): void {
  const drawn = plots(results, scenarios)
  rmSync(join(folder, 'plots'), { recursive: true, force: true })
  mkdirSync(join(folder, 'plots'), { recursive: true })
  for (const { file, svg } of drawn) writeFileSync(join(folder, 'plots', file), svg)
  writeFileSync(join(folder, 'RESULTS.md'), markdown(results, scenarios, drawn))
  if (relative(benchDir, folder) !== '') return
  const scale = join(repoDir, 'docs/scale.md')
  writeFileSync(scale, withBounds(readFileSync(scale, 'utf8'), boundsText(results, scenarios)))
}
