import type { Row, Scenario, ServerId } from '../scenario.ts'
import { judge, medianOf, round, type Verdict } from './judge.ts'
import type { Machine } from './machine.ts'
import type { Results, ScenarioResult } from './results.ts'

const header = `# Beside each other

Ours and two Yjs servers that many people run, on one machine, in one run, under one load generator. Written by
\`npm run bench\`; run it again and this file changes. Ours is always durable (fsync before it is acknowledged or shown);
the peers run as they come. Figures are medians; the spread of single runs is in \`results.json\`. CPU is what the
operating system charged to the server's processes and threads.
`

/** The whole results page. */
export function markdown(results: Results, scenarios: readonly Scenario[]): string {
  const measured = scenarios.filter(scenario => results[scenario.id] !== undefined)
  const sections = measured.map(scenario => section(scenario, results[scenario.id] as ScenarioResult))
  const machines = new Map(measured.map(scenario => machineOf(results, scenario)))
  return [header, ...[...machines.values()].map(machineText), ...sections].join('\n')
}

function machineOf(results: Results, scenario: Scenario): [string, Machine] {
  const { machine } = results[scenario.id] as ScenarioResult
  return [JSON.stringify(machine), machine]
}

function machineText(machine: Machine): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`)
  return `## Machine and versions

${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.os}, loopback; servers and load generator share the cores.
Ours, y-websocket's server and the load generator on Node ${machine.node}; Hocuspocus, which demands Node 22, on ${machine.peerNode}.
Peers: ${versions.join(', ')}.
The large document: ${machine.trace}.
`
}

function section(scenario: Scenario, result: ScenarioResult): string {
  const { servers } = scenario
  const runs = Math.max(0, ...servers.map(id => Object.values(result.runs[id] ?? {})[0]?.length ?? 0))
  const lines = [
    `## ${scenario.title}`,
    '',
    `| | ${servers.map(id => columns[id]).join(' | ')} | ours : peer | goal |`,
    `| --- | ${servers.map(() => '---:').join(' | ')} | ---: | --- |`,
    ...scenario.rows.map(row => tableRow(row, result, servers)),
    '',
    `${scenario.method} Measured ${result.measuredAt.slice(0, 10)}, ${runs === 1 ? 'one run' : `medians of ${runs} runs`}; load average before: ${result.loadBefore.toFixed(2)}.`,
  ]
  for (const [server, reason] of Object.entries(result.missing)) lines.push(`Not measured: ${server} (${reason}).`)
  return `${lines.join('\n')}\n`
}

const columns = {
  tutti: 'Tutti',
  'tutti-native': 'Tutti, own wire',
  yws: 'y-websocket (YW)',
  'yws-leveldb': '+ y-leveldb (YWL)',
  hocus: 'Hocuspocus (HP)',
  'hocus-sqlite': '+ SQLite (HPS)',
  'y-indexeddb': 'y-indexeddb (YI)',
  'y-doc': 'Y.Doc',
} satisfies Record<ServerId, string>

function tableRow(row: Row, result: ScenarioResult, servers: readonly ServerId[]): string {
  const cells = servers.map(id => {
    const value = medianOf(result, id, row.measure)
    return value === undefined ? '–' : round(value)
  })
  const verdicts = judge(row, result)
  const got = verdicts.map(gotText).join('<br>')
  const wanted = verdicts.map(verdict => verdict.wanted).join('<br>')
  const title = row.unit === '' ? row.title : `${row.title}, ${row.unit}`
  return `| ${title} | ${cells.join(' | ')} | ${got} | ${wanted} |`
}

function gotText(verdict: Verdict): string {
  if (verdict.got === undefined) return '–'
  const mark = verdict.held === true ? '✓' : '✗'
  return verdict.goal.kind === 'ratio' ? `${round(verdict.got)} ${mark}` : mark
}
