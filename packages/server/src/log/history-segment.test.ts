import { randomEdit, seededRandom } from '@tutti/core/testing'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { type FoldedEntry, packEntries, sealSegment, unpackEntries, unsealSegment } from './history-segment.ts'

const entryOf = (bytes: Uint8Array, i: number): FoldedEntry => ({
  bytes,
  author: i % 7 === 0 ? 2 : 1,
  base: Math.max(0, i - (i % 3)),
  at: 1_700_000_000_000 + i * 120 - (i % 11) * 500,
  counter: i,
})

function record(edit: (doc: Y.Doc, i: number) => void, count: number): Uint8Array[] {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let i = 0; i < count; i++) edit(doc, i)
  return updates
}

describe('a history segment', () => {
  test('gives back every byte of any edit', () => {
    const random = seededRandom(5)
    const updates = record(doc => randomEdit(doc, random), 800)
    const entries = updates.map(entryOf)
    expect(unpackEntries(packEntries(entries), entries.length)).toEqual(entries)
  })

  test('gives back what is no update at all', () => {
    const random = seededRandom(9)
    const entries = Array.from({ length: 3000 }, (_, i) => {
      const bytes = random.bytes(Math.floor(random.next() * 24))
      // Close to the regular shape, so that reading it as one is tried.
      for (let at = 0; at < bytes.length; at++)
        if (random.next() < 0.6) bytes[at] = [0, 1, 1, 4, 132, 196, 68][at % 7] as number
      return entryOf(bytes, i)
    })
    expect(unpackEntries(packEntries(entries), entries.length)).toEqual(entries)
  })

  test('gives back numbers that no clock ever reaches', () => {
    // Deletes from clock 0, from 2^53 on, and from 0 again.
    const bytes = Uint8Array.of(0, 1, 0, 3, 0, 0, 128, 128, 128, 128, 128, 128, 128, 16, 0, 0, 0)
    expect(unpackEntries(packEntries([entryOf(bytes, 1)]), 1)).toEqual([entryOf(bytes, 1)])
  })

  test('[LOG13] a segment that claims more entries than it holds is damaged, and costs nothing', () => {
    const packed = packEntries([entryOf(Uint8Array.of(0, 0), 1)])
    expect(unpackEntries(packed, 2)).toBeNull()
    expect(unpackEntries(packed, 2 ** 40)).toBeNull()
  })

  test('makes typing small: about one byte an edit', async () => {
    const random = seededRandom(3)
    const words = 'the band plays slow and the night goes on '
    const updates = record((doc, i) => {
      const text = doc.getText('text')
      if (random.next() < 0.1 && text.length > 2) text.delete(Math.floor(random.next() * (text.length - 1)), 1)
      else if (random.next() < 0.05) text.insert(Math.floor(random.next() * text.length), 'x')
      else text.insert(text.length, words[i % words.length] as string)
    }, 8000)
    const entries = updates.map((bytes, i) => ({
      bytes,
      author: 1,
      base: i,
      at: 1_700_000_000_000 + i * 100,
      counter: i + 1,
    }))
    const sealed = await sealSegment(1, 1, entries, 9)
    expect(sealed.length).toBeLessThan(updates.length * 1.2)
    expect(await unsealSegment(1, 8000, sealed)).toEqual({ first: 1, entries })
  })

  test('opens at its own place only', async () => {
    const sealed = await sealSegment(3, 1, [entryOf(Uint8Array.of(1, 2), 1)], 5)
    expect(await unsealSegment(3, 1, sealed)).not.toBe(null)
    expect(await unsealSegment(4, 1, sealed)).toBe(null)
    expect(await unsealSegment(3, 2, sealed)).toBe(null)
    sealed[sealed.length - 1] = (sealed.at(-1) as number) ^ 1
    expect(await unsealSegment(3, 1, sealed)).toBe(null)
  })
})
