import * as Y from 'yjs'

/** A `Y.Doc` that is to take the place of `doc`: same settings, no content, a client id of its own. */
export function emptyLike(doc: Y.Doc): Y.Doc {
  const { guid, collectionid, gc, gcFilter, meta, autoLoad, shouldLoad } = doc
  return new Y.Doc({ guid, collectionid, gc, gcFilter, meta, autoLoad, shouldLoad })
}

export function isEmptyDoc(doc: Y.Doc): boolean {
  return doc.store.clients.size === 0
}

/** True while something waits in the document for what it builds on. */
export function hasGaps(doc: Y.Doc): boolean {
  return doc.store.pendingStructs !== null || doc.store.pendingDs !== null
}

/** False while something of an update waits in the document for what it builds on. */
export function holdsAll(doc: Y.Doc, update: Uint8Array): boolean {
  const { structs, ds } = Y.decodeUpdate(update)
  const ends = structs.map(({ id, length }) => [id.client, id.clock + length] as const)
  for (const [client, ranges] of ds.clients) for (const { clock, len } of ranges) ends.push([client, clock + len])
  return ends.every(([client, end]) => end <= Y.getState(doc.store, client))
}

export function applyAll(doc: Y.Doc, updates: readonly Uint8Array[], origin: unknown): void {
  if (updates.length === 0) return
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update, origin)
  }, origin)
}

/** What `content` says that `updates` do not, or null. */
export function whatIsNew(content: Uint8Array, updates: readonly Uint8Array[]): Uint8Array | null {
  const scratch = new Y.Doc()
  applyAll(scratch, updates, null)
  let news: Uint8Array | null = null
  scratch.on('update', update => {
    news = update
  })
  Y.applyUpdate(scratch, content)
  scratch.destroy()
  return news
}

/** The clients of whom the document has more than a server with this state vector. */
export function clientsAhead(doc: Y.Doc, stateVector: Uint8Array): number[] {
  const theirs = Y.decodeStateVector(stateVector)
  const ahead: number[] = []
  for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(doc))) {
    if (clock > (theirs.get(client) ?? 0)) ahead.push(client)
  }
  return ahead
}
