import type { Row, Scenario, ServerId } from '../scenario.ts'
import { floorRatios, medianOf, runsOf } from './figures.ts'
import { judge, type Verdict } from './judge.ts'
import type { Machine } from './machine.ts'
import { columnNames, shortNames } from './names.ts'
import type { Plot } from './plots.ts'
import type { Profile, Results, ScenarioResult } from './results.ts'
import { round, roundShort } from './round.ts'

const header = `# Beside each other

Ours and two Yjs servers that many people run, on one machine, in one run, under one load generator. Written by
\`npm run bench\`; run it again and this file changes. Ours is always durable (fsync before it is acknowledged or shown);
the peers run as they come. Figures are medians, with the least and the greatest of the runs below them; \`results.json\` has
every run. CPU is what the operating system charged to the server's processes and threads. A floor is what the machine
itself costs: bare \`ws\`, bare LevelDB, a bare file, none of which checks or keeps what it passes on. B marks a goal beyond the first.
`

/** The whole results page. */
export function markdown(results: Results, scenarios: readonly Scenario[], plots: readonly Plot[]): string {
  const measured = scenarios.filter(scenario => results[scenario.id] !== undefined)
  const sections = measured.map(scenario =>
    section(
      scenario,
      results[scenario.id] as ScenarioResult,
      plots.filter(plot => plot.scenario === scenario.id),
    ),
  )
  const machines = new Map(measured.map(scenario => machineOf(results, scenario)))
  return [header, ...[...machines.values()].map(machineText), ...sections].join('\n')
}

function machineOf(results: Results, scenario: Scenario): [string, Machine] {
  const { machine } = results[scenario.id] as ScenarioResult
  return [JSON.stringify(machine), machine]
}

function machineText(machine: Machine): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`)
  const disk = machine.filesystem === undefined ? '' : `, ${machine.filesystem}`
  return `## Machine and versions

${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.os}${disk}, loopback; servers and load generator share the cores.
Ours, y-websocket's server and the load generator on Node ${machine.node}; Hocuspocus, which demands Node 22, on ${machine.peerNode}.
Peers: ${versions.join(', ')}.
The large document: ${machine.trace}.
`
}

function section(scenario: Scenario, result: ScenarioResult, plots: readonly Plot[]): string {
  const { servers } = scenario
  const toFloor = scenario.rows.some(row => floorRatios(row, result).length > 0)
  const heads = [...servers.map(id => columnNames[id]), 'ours : peer', ...(toFloor ? ['ours : floor'] : []), 'goal']
  const rules = [...servers.map(() => '---:'), '---:', ...(toFloor ? ['---:'] : []), '---']
  const lines = [
    `## ${scenario.title}`,
    '',
    `| | ${heads.join(' | ')} |`,
    `| --- | ${rules.join(' | ')} |`,
    ...scenario.rows.map(row => tableRow(row, result, servers, toFloor)),
    '',
    ...plots.flatMap(plot => [`![${plot.title}](plots/${plot.file})`, '']),
    `${scenario.method} ${measuredText(result, servers)}`,
  ]
  for (const [server, reason] of Object.entries(result.missing)) lines.push(`Not measured: ${server} (${reason}).`)
  if (result.profile !== undefined) lines.push('', profileText(result.profile))
  return `${lines.join('\n')}\n`
}

function measuredText(result: ScenarioResult, servers: readonly ServerId[]): string {
  const runs = Math.max(0, ...servers.map(id => Object.values(result.runs[id] ?? {})[0]?.length ?? 0))
  const when = `Measured ${result.measuredAt.slice(0, 10)}${result.commit === undefined ? '' : ` at ${result.commit}`}`
  const took = result.seconds === undefined ? '' : `, ${result.seconds} s in all`
  return `${when}, ${runs === 1 ? 'one run' : `medians of ${runs} runs`}${took}; load average before: ${result.loadBefore.toFixed(2)}.`
}

function tableRow(row: Row, result: ScenarioResult, servers: readonly ServerId[], toFloor: boolean): string {
  const cells = servers.map(id => cell(runsOf(result, id, row.measure), medianOf(result, id, row.measure)))
  const verdicts = judge(row, result)
  const got = verdicts.map(gotText).join('<br>')
  const wanted = verdicts.map(({ wanted, level }) => (level === 'B' ? `B: ${wanted}` : wanted)).join('<br>')
  const floors = floorRatios(row, result)
  const floor = floors.map(each => `${round(each.ratio)}${floors.length > 1 ? ` ${shortNames[each.floor]}` : ''}`)
  const title = row.unit === '' ? row.title : `${row.title}, ${row.unit}`
  return `| ${[title, ...cells, got, ...(toFloor ? [floor.join('<br>')] : []), wanted].join(' | ')} |`
}

function cell(values: readonly number[], middle: number | undefined): string {
  if (middle === undefined) return '–'
  if (values.length === 1) return round(middle)
  return `${round(middle)}<br><sub>${roundShort(Math.min(...values))} – ${roundShort(Math.max(...values))}</sub>`
}

function gotText(verdict: Verdict): string {
  if (verdict.got === undefined) return '–'
  const mark = verdict.held === true ? '✓' : '✗'
  return verdict.goal.kind === 'ratio' ? `${round(verdict.got)} ${mark}` : mark
}

const functionsShown = 5

function profileText({ busyMs, groups, functions, measuredAt, commit }: Profile): string {
  const share = ({ name, share: part }: { name: string; share: number }): string =>
    `${name.replaceAll('_', '\\_')} ${(part * 100).toFixed(0)} %`
  const places = groups.filter(group => group.share >= 0.03).map(share)
  return `Where our time went (${round(busyMs / 1000)} s busy, profiled ${measuredAt.slice(0, 10)} at ${commit}): ${places.join(', ')}. Largest by themselves: ${functions.slice(0, functionsShown).map(share).join(', ')}.`
}
