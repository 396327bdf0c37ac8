import { type DocName, seq } from '@tutti/core'
import { expect } from 'vitest'
import type { LevelLog } from '../../packages/server/src/log/level-log.ts'

/** What `log-writer.mjs` has told: how far each document was acknowledged, and what was removed. */
export class Acknowledged {
  readonly heads = new Map<DocName, number>()
  readonly removed = new Set<DocName>()
  /** Entries and removals that were acknowledged. */
  count = 0

  /** A line that is not whole was not told. */
  take(output: string): void {
    for (const line of output.split('\n').slice(0, -1)) {
      const [word, rest] = line.split(' ') as [string, string]
      expect(word, line).not.toBe('findings')
      if (word === 'ready') continue
      const doc = (word === 'removed' ? rest : word) as DocName
      this.count += word === 'removed' ? 1 : Number(rest) - (this.heads.get(doc) ?? 0)
      if (word === 'removed') this.removed.add(doc)
      else this.heads.set(doc, Number(rest))
    }
  }
}

/** How many acknowledged entries and removals a log lacks. What it has must be whole, in order, and as it was written. */
export async function countLost(log: LevelLog, { heads, removed }: Acknowledged): Promise<number> {
  let lost = 0
  for (const [doc, acknowledged] of heads) {
    const { head, checkpoint, entries, findings } = await log.open(doc)
    expect(findings).toEqual([])
    lost += Math.max(0, acknowledged - head)
    const folded = checkpoint?.seq ?? 0
    expect(entries.map(entry => entry.seq)).toEqual(Array.from({ length: head - folded }, (_, i) => folded + i + 1))
    const history = await log.history(doc, seq(1), seq(folded))
    expect(history).toHaveLength(folded)
    for (const { bytes, counter } of [...history, ...entries]) {
      const [first = 0] = bytes
      expect(bytes.length).toBe(20 + ((counter * 37) % 400))
      expect((first - counter) & 255).toBeLessThan(3)
      expect(bytes.every(byte => byte === first)).toBe(true)
    }
  }
  for (const doc of removed) if ((await log.open(doc)).epoch !== null) lost++
  return lost
}
