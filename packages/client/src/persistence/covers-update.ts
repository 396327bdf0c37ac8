import * as Y from 'yjs'

/** Whether one update brings everything that another one brings. For small updates: both are decoded. */
export function coversUpdate(whole: Uint8Array, part: Uint8Array): boolean {
  const { from, to } = Y.parseUpdateMeta(whole)
  const wanted = Y.parseUpdateMeta(part)
  for (const [client, end] of wanted.to) {
    if ((from.get(client) ?? end) > (wanted.from.get(client) ?? 0) || (to.get(client) ?? 0) < end) return false
  }
  const deleted = Y.decodeUpdate(whole).ds.clients
  for (const [client, items] of Y.decodeUpdate(part).ds.clients) {
    const ranges = deleted.get(client) ?? []
    const isDeleted = (clock: number, end: number) =>
      ranges.some(range => range.clock <= clock && range.clock + range.len >= end)
    if (!items.every(item => isDeleted(item.clock, item.clock + item.len))) return false
  }
  return true
}
