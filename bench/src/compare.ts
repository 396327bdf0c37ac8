/**
 * `npm run bench:compare`: holds the published figures against their goals and fails when one is missed, or when a
 * goal has no figure. `--slack 0.8` accepts results within that share of a ratio, for machines that others use too.
 */
import { parseArgs } from 'node:util'
import { join } from 'node:path'
import { benchDir, peersDir } from './places.ts'
import { judge, round, type Verdict } from './report/judge.ts'
import { readResults } from './report/results.ts'
import { scenarios } from './scenarios/index.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    in: { type: 'string' },
    slack: { type: 'string', default: '1' },
  },
})
const slack = Number(values.slack)
const only = (values.only ?? []).flatMap(value => value.split(','))
const results = readResults(values.in ?? (values.quick ? join(peersDir, 'quick') : benchDir))

/** Whether a verdict passes once the slack is granted. Absolute goals know none: they are far from the floor. */
function passes({ goal, got, held }: Verdict): boolean {
  if (got === undefined || held === undefined) return false
  if (held || goal.kind === 'absolute') return held
  return 'atLeast' in goal ? got >= goal.atLeast * slack : got <= goal.atMost / slack
}

let missed = 0
let held = 0
for (const scenario of scenarios) {
  if (only.length > 0 && !only.includes(scenario.id)) continue
  const result = results[scenario.id]
  for (const row of scenario.rows) {
    if (row.goals.length === 0) continue
    const verdicts = result === undefined ? [] : judge(row, result)
    if (verdicts.length === 0) {
      missed += row.goals.length
      process.stdout.write(`NOT MEASURED ${scenario.id}: ${row.title}\n`)
    }
    for (const verdict of verdicts) {
      const good = passes(verdict)
      if (good) held += 1
      else missed += 1
      const word = good ? 'held' : verdict.got === undefined ? 'NOT MEASURED' : 'MISSED'
      const got = verdict.got === undefined ? '–' : round(verdict.got)
      process.stdout.write(`${word.padEnd(12)} ${scenario.id}: ${row.title}: ${got}, wanted ${verdict.wanted}\n`)
    }
  }
}
process.stdout.write(`${held} held, ${missed} missed\n`)
process.exitCode = missed === 0 ? 0 : 1
