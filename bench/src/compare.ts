/**
 * `npm run bench:compare`: fails when a goal is missed and not listed as a known miss, when a goal has no figure, and
 * when a ratio to a peer or a floor fell against the committed figures by more than its row allows.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { benchDir, peersDir, repoDir } from './places.ts'
import { holds, judge, type Verdict } from './report/judge.ts'
import { isAsKnown, knownMiss, readKnownMisses } from './report/known-misses.ts'
import { regressions } from './report/regressions.ts'
import { readResults, type Results } from './report/results.ts'
import { round } from './report/round.ts'
import { scenarios } from './scenarios/index.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    in: { type: 'string' },
    slack: { type: 'string', default: '1' },
    level: { type: 'string', default: 'A' },
    baseline: { type: 'string', default: 'HEAD' },
  },
})
const only = (values.only ?? []).flatMap(value => value.split(','))
const asked = scenarios.filter(scenario => only.length === 0 || only.includes(scenario.id))
const results = readResults(values.in ?? (values.quick ? join(peersDir, 'quick') : benchDir))
const known = readKnownMisses(benchDir)
const counts = { held: 0, known: 0, failed: 0 }

function say(word: string, text: string): void {
  process.stdout.write(`${word.padEnd(13)}${text}\n`)
}

/** What a folder holds, or what was committed there; undefined when there is neither. */
function baseline(from: string): Results | undefined {
  if (existsSync(join(from, 'results.json'))) return readResults(from)
  try {
    const args = ['show', `${from}:bench/results.json`]
    const text = execFileSync('git', args, { cwd: repoDir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return JSON.parse(text) as Results
  } catch {
    return undefined
  }
}

function tell(scenario: string, measure: string, title: string, verdict: Verdict): void {
  const got = verdict.got === undefined ? '–' : round(verdict.got)
  const line = `${scenario}: ${title}: ${got}, wanted ${verdict.wanted} (${verdict.level})`
  const miss = knownMiss(known, scenario, measure, verdict)
  if (holds(verdict.goal, verdict.got, Number(values.slack)) === true) {
    counts.held += 1
    say('held', miss === undefined ? line : `${line}; no longer missed, take it off the list`)
  } else if (miss !== undefined && isAsKnown(miss, verdict)) {
    counts.known += 1
    say('KNOWN MISS', `${line}; ${round(miss.measured)} when listed: ${miss.because}`)
  } else {
    counts.failed += 1
    say(verdict.got === undefined ? 'NOT MEASURED' : 'MISSED', line)
  }
}

for (const scenario of asked)
  for (const row of scenario.rows)
    for (const verdict of judge(row, results[scenario.id]))
      if (verdict.level === 'A' || values.level === 'B') tell(scenario.id, row.measure, row.title, verdict)

const before = baseline(values.baseline)
if (before === undefined) {
  counts.failed += 1
  say('NO BASELINE', `${values.baseline} is neither a folder with results nor a commit that has some`)
}
for (const each of regressions(asked, before ?? {}, results)) {
  counts.failed += 1
  const share = `${(each.fall * 100).toFixed(0)} % worse, ${(each.margin * 100).toFixed(0)} % allowed`
  const ratios = `${round(each.before)} became ${round(each.after)}`
  say('FELL', `${each.scenario}: ${each.row}: ours to ${each.against} ${ratios}, ${share}`)
}
process.stdout.write(`${counts.held} held, ${counts.known} known misses, ${counts.failed} failed\n`)
process.exitCode = counts.failed === 0 ? 0 : 1
