/** Fills a document one update at a time, as fast as the server takes them, while one reader watches them arrive. */
import { Client, type Target } from './client.ts'
import { type ClockRange, readClockRange } from './clocks.ts'
import type { Dialect } from './dialect.ts'

/** Updates of one author, in order, and the author's clock after each of them. */
export interface Feed {
  readonly document: string
  readonly author: number
  readonly count: number
  update(index: number): Uint8Array
  clockAfter(index: number): number
}

/** Updates under way at once. */
const windowUpdates = 512

/** Sends updates `from` … `to` − 1; resolves with seconds when the reader has seen the last of them. */
export async function feed(
  target: Target,
  dialect: Dialect,
  what: Feed,
  from: number = 0,
  to: number = what.count,
): Promise<number> {
  const writer = await new Client(target, dialect, what.document).openAndSync()
  const reader = await new Client(target, dialect, what.document).openAndSync()
  const range: ClockRange = { from: 0, to: 0 }
  const last = what.clockAfter(to - 1)
  const startedAt = performance.now()
  let sent = from
  let arrived = from
  let seen = from === 0 ? 0 : what.clockAfter(from - 1)
  await new Promise<void>(resolve => {
    const fill = (limit: number): void => {
      const until = Math.min(to, limit)
      if (until - sent < windowUpdates / 8 && until < to) return
      writer.sendUpdates(Array.from({ length: until - sent }, (_, index) => what.update(sent + index)))
      sent = until
    }
    // Deletions do not move the clock, so a long run of them would close the window for good: a timer opens it.
    const timer = setInterval(() => {
      if (writer.unsentBytes === 0) fill(sent + windowUpdates / 8)
    }, 100)
    reader.listenUpdate = (bytes, start, end) => {
      readClockRange(range, bytes, start, end, what.author)
      seen = Math.max(seen, range.to)
    }
    reader.listenChunkEnd = () => {
      while (arrived < sent && what.clockAfter(arrived) <= seen) arrived += 1
      fill(arrived + windowUpdates)
      if (seen >= last && sent === to) {
        clearInterval(timer)
        resolve()
      }
    }
    fill(from + windowUpdates)
  })
  const seconds = (performance.now() - startedAt) / 1000
  for (const client of [writer, reader]) client.close()
  return seconds
}
