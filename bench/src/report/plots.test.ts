import { describe, expect, it } from 'vitest'
import type { Curve, Row } from '../scenario.ts'
import { markdown } from './markdown.ts'
import { plots } from './plots.ts'
import { resultOf, scenarioOf } from './testing.ts'

const row: Row = {
  measure: 'm',
  title: 'Time < space & "more"',
  unit: 'ms',
  better: 'lower',
  goals: [{ kind: 'ratio', peer: 'yws', atMost: 1 }],
}
const curve: Curve = {
  id: 'growth',
  title: 'Growth',
  xTitle: 'size',
  yTitle: 'ms',
  log: true,
  lines: [{ measure: 'cpu', title: 'CPU' }],
}
const scenario = scenarioOf([row], ['tutti', 'yws', 'ws-floor'], { curves: [curve] })
const results = {
  'made-up': resultOf({
    tutti: { m: [3, 1, 2], 'cpu@10': [1], 'cpu@100': [10], 'cpu@1000': [100] },
    yws: { m: [4] },
    'ws-floor': { m: [1] },
  }),
}

/** Elements that are opened and closed in pairs, and nothing that would end the picture early. */
function isWellFormed(svg: string): boolean {
  const open: string[] = []
  for (const [, end, name = '', closed] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (end === '/' && open.pop() !== name) return false
    if (end === '' && closed === '') open.push(name)
  }
  return open.length === 0 && !/&(?!amp;|lt;|gt;|quot;)/.test(svg)
}

describe('plots', () => {
  it('a row with a goal gets bars, a curve gets lines with its exponent', () => {
    const drawn = plots(results, [scenario])
    expect(drawn.map(plot => plot.file)).toEqual(['made-up.svg', 'made-up-growth.svg'])
    for (const { svg } of drawn) expect(isWellFormed(svg)).toBe(true)
    expect(drawn[0]?.svg).toContain('Time &lt; space &amp; &quot;more&quot;, ms')
    expect(drawn[0]?.svg.match(/<rect /g)).toHaveLength(4)
    expect(drawn[1]?.svg).toContain('ours, CPU, exponent 1.00')
    expect(drawn.map(plot => plot.svg).join('')).not.toContain('NaN')
  })

  it('nothing measured draws nothing', () => {
    expect(plots({}, [scenario])).toEqual([])
    expect(plots({ 'made-up': resultOf({ tutti: { m: [1] } }) }, [scenario])).toEqual([])
  })
})

describe('the page', () => {
  it('shows medians with their spread, ratios, plots, and where it comes from', () => {
    const page = markdown(results, [scenario], plots(results, [scenario]))
    expect(page).toContain('2<br><sub>1 – 3</sub> | 4 | 1 | 0.5 ✓ | 2 | ≤ 1 × YW |')
    expect(page).toContain('![Growth](plots/made-up-growth.svg)')
    expect(page).toContain('Measured 2026-01-01 at abc1234, medians of 3 runs')
  })
})
