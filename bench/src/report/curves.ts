import { power } from '../measure/statistics.ts'
import type { Curve, Scenario } from '../scenario.ts'
import { medianOf } from './figures.ts'
import { shortNames } from './names.ts'
import type { ScenarioResult } from './results.ts'
import { roundShort } from './round.ts'
import { dot, line, path, picture, text } from './svg.ts'

/** A line of a plot: figures of one measure on one server, by size. */
export interface Drawn {
  readonly name: string
  readonly points: readonly (readonly [size: number, value: number])[]
}

/** The lines of a curve that were measured, sizes in order. */
export function linesOf(curve: Curve, scenario: Scenario, result: ScenarioResult): readonly Drawn[] {
  return scenario.servers.flatMap(server =>
    curve.lines.flatMap(({ measure, title, ofNobody }) => {
      const points = Object.keys(result.runs[server] ?? {})
        .filter(name => name.startsWith(`${measure}@`))
        .map(name => [Number(name.slice(measure.length + 1)), medianOf(result, server, name) ?? Number.NaN] as const)
        .filter(([, value]) => !curve.log || value > 0)
        .toSorted((a, b) => a[0] - b[0])
      const name = ofNobody === true ? title : [shortNames[server], title].filter(part => part !== '').join(', ')
      return points.length < 2 ? [] : [{ name, points }]
    }),
  )
}

const width = 760
const height = 340
const left = 70
const right = 260
const top = 46
const bottom = 44

/** Draws a curve; undefined when nothing of it was measured. */
export function drawCurve(curve: Curve, scenario: Scenario, result: ScenarioResult): string | undefined {
  const lines = linesOf(curve, scenario, result)
  if (lines.length === 0) return undefined
  const all = lines.flatMap(({ points }) => points)
  const x = axis(
    all.map(point => point[0]),
    left,
    width - right,
    curve.log,
  )
  const y = axis([...all.map(point => point[1]), ...(curve.log ? [] : [0])], height - bottom, top, curve.log)
  const body = [
    text(left - 56, 20, curve.title, 'title'),
    text(left - 56, 36, curve.yTitle, 'quiet'),
    text((left + width - right) / 2, height - 8, curve.xTitle, 'quiet', 'middle'),
  ]
  for (const tick of y.ticks)
    body.push(
      line(left, y.at(tick), width - right, y.at(tick), 'grid'),
      text(left - 6, y.at(tick) + 4, roundShort(tick), 'quiet', 'end'),
    )
  for (const tick of x.ticks) body.push(text(x.at(tick), height - bottom + 16, roundShort(tick), 'quiet', 'middle'))
  const ends = spread(lines.map(({ points }) => y.at(points.at(-1)?.[1] ?? 0)))
  lines.forEach(({ name, points }, index) => {
    const kind = `s${index % 6}`
    const drawn = points.map(([size, value]) => [x.at(size), y.at(value)] as const)
    const slope = curve.log ? `, exponent ${power(points).toFixed(2)}` : ''
    body.push(path(drawn, kind), ...drawn.map(([px, py]) => dot(px, py, kind)))
    body.push(text(width - right + 10, (ends[index] ?? 0) + 4, `${name}${slope}`, kind))
  })
  return picture(width, height, `${scenario.title}: ${curve.title}`, body)
}

interface Axis {
  readonly ticks: readonly number[]
  at(value: number): number
}

/** Maps values to a stretch of pixels, with ticks at round values. */
function axis(values: readonly number[], from: number, to: number, log: boolean): Axis {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  if (!log) {
    const gap = roundGap((most - least) / 5)
    const last = Math.ceil(most / gap) * gap
    const first = Math.floor(least / gap) * gap
    const ticks = Array.from({ length: Math.round((last - first) / gap) + 1 }, (_, index) => first + index * gap)
    return { ticks, at: value => from + ((value - first) / (last - first)) * (to - from) }
  }
  const [first, last] = [
    Math.floor(Math.log10(least)),
    Math.max(Math.ceil(Math.log10(most)), Math.floor(Math.log10(least)) + 1),
  ]
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index))
  return { ticks, at: value => from + ((Math.log10(value) - first) / (last - first)) * (to - from) }
}

function roundGap(gap: number): number {
  const size = 10 ** Math.floor(Math.log10(gap))
  return ([1, 2, 5, 10].find(step => step * size >= gap) ?? 10) * size
}

/** Moves labels apart that would lie on each other, keeping their order. */
function spread(places: readonly number[]): readonly number[] {
  const order = places.map((place, index) => ({ place, index })).toSorted((a, b) => a.place - b.place)
  const moved = [...places]
  let last = Number.NEGATIVE_INFINITY
  for (const { place, index } of order) {
    last = Math.max(place, last + 16)
    moved[index] = last
  }
  return moved
}
