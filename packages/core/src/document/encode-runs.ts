import { varintLength, writeVarint } from '../base/bytes.ts'
import type { ClientRun } from './client-run.ts'

/** Writes runs as a Yjs V1 update, clients descending; `from` says where each begins, and leaves out those before it. */
export function encodeRuns(
  runs: Iterable<ClientRun>,
  from: (run: ClientRun) => number,
  deletes: Uint8Array,
): Uint8Array {
  const sections: { client: number; count: number; clock: number; parts: readonly Uint8Array[] }[] = []
  let length = deletes.length
  for (const run of runs) {
    const start = from(run)
    if (start >= run.clock) continue
    const tail = run.tail(start)
    sections.push({ client: run.client, ...tail })
    length += varintLength(tail.count) + varintLength(run.client) + varintLength(tail.clock)
    for (const part of tail.parts) length += part.length
  }
  sections.sort((a, b) => b.client - a.client)
  const bytes = new Uint8Array(length + varintLength(sections.length))
  let at = writeVarint(bytes, 0, sections.length)
  for (const section of sections) {
    at = writeVarint(bytes, at, section.count)
    at = writeVarint(bytes, at, section.client)
    at = writeVarint(bytes, at, section.clock)
    for (const part of section.parts) {
      bytes.set(part, at)
      at += part.length
    }
  }
  bytes.set(deletes, at)
  return bytes
}
