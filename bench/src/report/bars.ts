import { floorIds, type Row, type Scenario, type ServerId } from '../scenario.ts'
import { medianOf, runsOf } from './figures.ts'
import { columnNames } from './names.ts'
import type { ScenarioResult } from './results.ts'
import { roundShort } from './round.ts'
import { line, picture, rect, text } from './svg.ts'

const panelWidth = 430
const nameWidth = 132
const valueWidth = 70
const barHeight = 16
const step = 22
const head = 40

/** Bars of the rows that have goals, each in a panel of its own with its own scale; undefined where nothing stands beside ours. */
export function bars(scenario: Scenario, result: ScenarioResult): string | undefined {
  const rows = scenario.rows.filter(row => row.goals.length > 0 || row.margin !== undefined)
  const panels = rows
    .map(row => ({ row, servers: scenario.servers.filter(id => medianOf(result, id, row.measure) !== undefined) }))
    .filter(({ servers }) => servers.length > 1)
  if (panels.length === 0) return undefined
  const columns = Math.min(2, panels.length)
  const body: string[] = []
  let y = 8
  for (let first = 0; first < panels.length; first += columns) {
    const shown = panels.slice(first, first + columns)
    shown.forEach(({ row, servers }, column) => body.push(...panel(row, servers, result, column * panelWidth, y)))
    y += head + 8 + step * Math.max(...shown.map(({ servers }) => servers.length))
  }
  return picture(panelWidth * columns, y + 4, scenario.title, body)
}

function panel(row: Row, servers: readonly ServerId[], result: ScenarioResult, x: number, y: number): string[] {
  const all = servers.flatMap(id => runsOf(result, id, row.measure))
  const most = Math.max(...all, Number.MIN_VALUE)
  const room = panelWidth - nameWidth - valueWidth - 28
  const at = (value: number): number => x + 12 + nameWidth + (value / most) * room
  const unit = row.unit === '' ? '' : `, ${row.unit}`
  const out = [
    text(x + 12, y + 16, `${row.title}${unit}`, 'title'),
    text(x + 12, y + 31, row.better === 'higher' ? 'longer is better' : 'shorter is better', 'quiet'),
  ]
  servers.forEach((id, index) => {
    const top = y + head + index * step
    const middle = top + barHeight / 2
    const values = runsOf(result, id, row.measure)
    const value = medianOf(result, id, row.measure) ?? 0
    const [least, greatest] = [Math.min(...values), Math.max(...values)]
    out.push(text(x + 12, top + 12, columnNames[id]))
    out.push(rect(at(0), top, Math.max(1, at(value) - at(0)), barHeight, colour(id)))
    if (greatest > least) out.push(line(at(least), middle, at(greatest), middle, 'whisker'))
    out.push(text(Math.max(at(greatest), at(value)) + 6, top + 12, roundShort(value)))
  })
  return out
}

function colour(id: ServerId): string {
  if (id === 'tutti' || id === 'tutti-native') return 'ours'
  return floorIds.some(floor => floor === id) ? 'floor' : 'other'
}
