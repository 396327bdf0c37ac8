import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffText } from './text-diff.ts'

const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '😀', '\ud83d\udc69'), maxLength: 40 })

function applied(old: string, next: string): string {
  return diffText(old, next)
    .reverse()
    .reduce((text, { from, to, text: added }) => text.slice(0, from) + added + text.slice(to), old)
}

describe('diffText', () => {
  test('[API3] the changes make the one text of the other', () => {
    fc.assert(
      fc.property(letters, letters, (old, next) => {
        expect(applied(old, next)).toBe(next)
      }),
    )
  })

  test('[API3] only what differs is changed', () => {
    expect(diffText('the quick brown fox', 'the slow brown ox')).toEqual([
      { from: 4, to: 9, text: 'slow' },
      { from: 16, to: 17, text: '' },
    ])
    expect(diffText('same', 'same')).toEqual([])
    expect(diffText('', 'new')).toEqual([{ from: 0, to: 0, text: 'new' }])
  })

  test('[API3] half of a surrogate pair is never left', () => {
    expect(diffText('a😀b', 'a😁b')).toEqual([{ from: 1, to: 3, text: '😁' }])
  })

  test('[API3] texts that differ everywhere are one change', () => {
    const [old, next] = ['ab'.repeat(2_000), 'cd'.repeat(2_000)]
    expect(diffText(old, next)).toEqual([{ from: 0, to: 4_000, text: next }])
  })
})
