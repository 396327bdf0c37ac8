/** What bounds one relay, read off the results: the tables of `docs/scale.md`. */
import type { Scenario, ServerId } from '../scenario.ts'
import { medianOf } from './figures.ts'
import { judge } from './judge.ts'
import type { Results } from './results.ts'
import { round } from './round.ts'

interface Bound {
  readonly what: string
  readonly scenario: string
  readonly server: ServerId
  readonly measure: string
  readonly unit: string
  /** What that makes of one core, one GiB, or one disk. */
  readonly means: (value: number) => string
}

const perCore = (each: string) => (ms: number) => `${round(1e6 / ms)} ${each}/s on one core`
const perGiB = (each: string) => (kib: number) => `${round(2 ** 20 / kib)} ${each} in a GiB`

const bounds: readonly Bound[] = [
  {
    what: 'a delivery, typing at 200/s to 50 readers',
    scenario: 'fan-out-paced',
    server: 'tutti',
    measure: 'cpuPer1000',
    unit: 'ms CPU per 1,000',
    means: perCore('deliveries'),
  },
  {
    what: 'a delivery, one writer at full speed to 200 readers',
    scenario: 'fan-out',
    server: 'tutti',
    measure: 'cpu200',
    unit: 'ms CPU per 1,000',
    means: perCore('deliveries'),
  },
  {
    what: 'a durable update over 1,000 documents, delivered to one other',
    scenario: 'many-documents',
    server: 'tutti',
    measure: 'rateCpuPer1000',
    unit: 'ms CPU per 1,000',
    means: perCore('updates'),
  },
  {
    what: 'the same when the server is busy all the time',
    scenario: 'many-documents',
    server: 'tutti',
    measure: 'turnsCpuPer1000',
    unit: 'ms CPU per 1,000',
    means: perCore('updates'),
  },
  {
    what: 'a join: connect, sync, one write',
    scenario: 'idle',
    server: 'tutti',
    measure: 'cpuMsPerJoin',
    unit: 'ms CPU',
    means: ms => `${round(1000 / ms)} joins/s on one core`,
  },
  {
    what: 'a connection with a small document, at rest',
    scenario: 'idle',
    server: 'tutti',
    measure: 'kibPerConnection',
    unit: 'KiB',
    means: perGiB('connections'),
  },
  {
    what: 'an open document of 1 KB, content alone',
    scenario: 'idle-documents',
    server: 'tutti',
    measure: 'contentKib',
    unit: 'KiB',
    means: perGiB('documents'),
  },
  {
    what: 'an open document of 259,778 keystrokes',
    scenario: 'document-state',
    server: 'tutti',
    measure: 'largeKiB',
    unit: 'KiB',
    means: perGiB('documents'),
  },
  {
    what: 'durable appends, 1,000 callers',
    scenario: 'durable-log',
    server: 'tutti',
    measure: 'loopPerSecond',
    unit: '/s',
    means: () => 'group commit: the more wait, the more share an fsync',
  },
  {
    what: 'the same, a bare file and fdatasync',
    scenario: 'durable-log',
    server: 'file-floor',
    measure: 'loopPerSecond',
    unit: '/s',
    means: () => 'what the disk and the runtime would allow',
  },
  {
    what: 'bytes kept of 259,778 keystrokes, history included',
    scenario: 'storage-growth',
    server: 'tutti',
    measure: 'restartedMB',
    unit: 'MB',
    means: mb => `${round((mb * 1e6) / 259_778)} bytes a keystroke`,
  },
  {
    what: 'bytes written while they were typed',
    scenario: 'storage-growth',
    server: 'tutti',
    measure: 'diskWrittenMB',
    unit: 'MB',
    means: mb => `${round((mb * 1e6) / 259_778)} bytes a keystroke`,
  },
]

/** The table of bounds, and the table of how cost grows. */
export function boundsText(results: Results, scenarios: readonly Scenario[]): string {
  const rows = bounds.map(bound => {
    const result = results[bound.scenario]
    const value = result === undefined ? undefined : medianOf(result, bound.server, bound.measure)
    const shown = value === undefined ? ['–', '–'] : [`${round(value)} ${bound.unit}`, bound.means(value)]
    return `| ${bound.what} | ${shown.join(' | ')} | \`${bound.scenario}\` |`
  })
  const growth = scenarios
    .filter(({ id }) => id.startsWith('scale-'))
    .flatMap(scenario =>
      scenario.rows.flatMap(row => {
        const [verdict] = judge(row, results[scenario.id])
        if (verdict === undefined) return []
        const got = verdict.got === undefined ? '–' : `× ${round(verdict.got)} ${verdict.held === true ? '✓' : '✗'}`
        return [`| ${row.title} | ${got} | ${verdict.wanted} |`]
      }),
    )
  return [
    '| one | measured | so | scenario |',
    '| --- | ---: | --- | --- |',
    ...rows,
    '',
    '| ten times as much | work | aim |',
    '| --- | ---: | ---: |',
    ...growth,
  ].join('\n')
}

const begin = '<!-- measured: written by npm run bench -->'
const end = '<!-- /measured -->'

/** Puts the tables between the marks of a page. Throws when it has none. */
export function withBounds(page: string, tables: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error('the page has no place for what was measured')
  return `${page.slice(0, from + begin.length)}\n\n${tables}\n\n${page.slice(to)}`
}
