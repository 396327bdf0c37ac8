import { expect, it } from 'vitest'
import { boundsText, withBounds } from './bounds.ts'
import { resultOf, scenarioOf } from './testing.ts'

it('what one relay can do is read off the results, and a gap is shown as one', () => {
  const results = { idle: resultOf({ tutti: { cpuMsPerJoin: [0.5] } }), 'scale-x': resultOf({ tutti: { m: [11] } }) }
  const row = {
    measure: 'm',
    title: '× 10 readers',
    unit: '×',
    better: 'lower',
    goals: [{ kind: 'absolute', atMost: 10.5 }],
  } as const
  const text = boundsText(results, [scenarioOf([row], ['tutti'], { id: 'scale-x' })])
  expect(text).toContain('| a join: connect, sync, one write | 0.5 ms CPU | 2,000 joins/s on one core | `idle` |')
  expect(text).toContain('| – | – | `storage-growth` |')
  expect(text).toContain('| × 10 readers | × 11 ✗ | ≤ 10.5 × |')
})

it('only what stands between the marks is replaced', () => {
  const page = 'before\n<!-- measured: written by npm run bench -->\nold\n<!-- /measured -->\nafter\n'
  const once = withBounds(page, 'new')
  expect(once).toBe('before\n<!-- measured: written by npm run bench -->\n\nnew\n\n<!-- /measured -->\nafter\n')
  expect(withBounds(once, 'new')).toBe(once)
  expect(() => withBounds('nothing', 'new')).toThrow('no place')
})
