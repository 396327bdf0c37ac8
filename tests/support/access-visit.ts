import {
  type ClientMessage,
  decodeAwareness,
  decodeServerMessage,
  decodeStockMessage,
  encodeAwareness,
  encodeClientMessage,
  encodeStockAwareness,
  encodeStockUpdate,
  encodeSyncStep1,
  type ServerMessage,
  subprotocol,
} from '@tutti/core'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import type { Deed } from './access-table.ts'

/** What the newer token calls everybody. */
export const renewedName = 'by-the-newer-token'

/** One visit to a document: what it tries, and what came of it. */
export interface Visit {
  readonly url: string
  readonly doc: string
  readonly token: string
  /** For a connection that is open already: the token it came in with, before `token` replaces it. */
  readonly before: string | null
  /** The number of the document on this server: nobody needs to be told it to try. */
  readonly channel: number
  /** The Yjs client id it writes and speaks as. */
  readonly client: number
  /** What it writes, and what it looks for. */
  readonly word: string
  readonly secret: string
}

export interface Outcome {
  /** What it could tell by itself. Whether it wrote and spoke, others know. */
  readonly seen: ReadonlySet<Deed>
  /** Everything the server said, as text. */
  readonly heard: string
  /** The close code; 0 when it left by itself. */
  readonly code: number
}

function edit({ client, word }: Visit): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = client
  doc.getArray('words').push([word])
  return Y.encodeStateAsUpdate(doc)
}

const presence = ({ client }: Visit) => encodeAwareness([{ client, clock: 1, state: '{"user":{"id":"forged"}}' }])

/** Ids beyond those of visits: who says them only wants to hear who the server says they are. */
const probes = 2 ** 30

/** Tries everything over the native dialect, whatever it is told. */
export function visitNative(visit: Visit): Promise<Outcome> {
  const { channel, client } = visit
  const seen = new Set<Deed>()
  const heard: string[] = []
  const socket = new WebSocket(visit.url.replace('http', 'ws'), [subprotocol])
  let isNew = visit.before === null
  let clock = 0
  let states = 0
  const say = (message: ClientMessage) => {
    if (socket.readyState === socket.OPEN) socket.send(encodeClientMessage(message))
  }
  const open = (request: number, doc: string) =>
    say({ type: 'open', request, doc, epoch: '', position: 0, stateVector: Uint8Array.of(0), client })
  const write = () => say({ type: 'update', channel, counter: 1, base: 0, resync: true, bytes: edit(visit) })
  const attempt = () => {
    write()
    say({ type: 'awareness', channel, bytes: presence(visit) })
    say({ type: 'reconcile', channel, stateVector: Uint8Array.of(0) })
    // Answered when everything before it was looked at, twice: a reconciliation is answered a turn later.
    open(98, '')
  }
  /** Says who it is until the server says it by the newer token. */
  const probe = () => {
    const bytes = encodeAwareness([{ client: client + probes, clock: ++clock, state: '{}' }])
    say({ type: 'awareness', channel, bytes })
  }
  const renewed = () => {
    isNew = true
    states = 0
    write()
    open(1, visit.doc)
  }
  const present = (bytes: Uint8Array) => {
    const entries = decodeAwareness(bytes)
    if (!entries.ok) throw new Error(entries.error.message)
    for (const entry of entries.value) {
      if (isNew && entry.client < probes && entry.client !== client) seen.add('see')
      if (isNew || entry.client !== client + probes) continue
      if (entry.state.includes(renewedName)) renewed()
      else probe()
    }
  }
  const take = (message: ServerMessage) => {
    if (message.type === 'awareness') present(message.bytes)
    if (!isNew) {
      if (message.type === 'closed') renewed()
      if (message.type !== 'state') return
      say({ type: 'auth', token: visit.token })
      return probe()
    }
    if (message.type === 'opened') seen.add('open')
    if (message.type === 'piece' && Buffer.from(message.bytes).includes(visit.secret)) seen.add('read')
    if (message.type === 'state' && ++states === 1) attempt()
    else if (message.type === 'state') seen.add('reconcile')
    if (message.type !== 'open-refused') return
    if (message.request === 1) attempt()
    if (message.request === 98) open(99, '')
    if (message.request === 99) socket.close()
  }
  return new Promise(resolve => {
    socket.on('open', () => {
      const token = visit.before ?? visit.token
      say({ type: 'hello', version: 1, device: 'd', session: `s${client}`, agent: 'test', token })
      open(isNew ? 1 : 2, visit.doc)
    })
    listen(socket, heard, seen, resolve, data => {
      const decoded = decodeServerMessage(data)
      if (!decoded.ok) throw new Error(decoded.error.message)
      take(decoded.value)
    })
  })
}

/** Tries everything as y-websocket would, token in the address. */
export function visitStock(visit: Visit): Promise<Outcome> {
  const seen = new Set<Deed>()
  const heard: string[] = []
  const query = visit.token === '' ? '' : `?token=${encodeURIComponent(visit.token)}`
  const socket = new WebSocket(`${visit.url.replace('http', 'ws')}/${encodeURIComponent(visit.doc)}${query}`)
  let answers = 0
  return new Promise(resolve => {
    socket.on('open', () => {
      socket.send(encodeStockUpdate(edit(visit)))
      socket.send(encodeStockAwareness(presence(visit)))
      socket.send(encodeSyncStep1(Uint8Array.of(0)))
    })
    listen(socket, heard, seen, resolve, data => {
      const decoded = decodeStockMessage(data)
      if (!decoded.ok) throw new Error(decoded.error.message)
      const message = decoded.value
      if (message.type === 'sync-step-1') seen.add('open')
      if (message.type === 'awareness') {
        const entries = decodeAwareness(message.bytes)
        const isOther = (entry: { client: number }) => entry.client < probes && entry.client !== visit.client
        if (entries.ok && entries.value.some(isOther)) seen.add('see')
      }
      if (message.type !== 'sync-step-2') return
      if (Buffer.from(message.bytes).includes(visit.secret)) seen.add('read').add('reconcile')
      // Once more, so that everything before it was looked at.
      if (++answers < 2) socket.send(encodeSyncStep1(Uint8Array.of(0)))
      else socket.close()
    })
  })
}

function listen(
  socket: WebSocket,
  heard: string[],
  seen: ReadonlySet<Deed>,
  resolve: (outcome: Outcome) => void,
  take: (data: Buffer) => void,
): void {
  socket.on('message', data => {
    heard.push((data as Buffer).toString('latin1'))
    take(data as Buffer)
  })
  socket.on('error', () => {})
  socket.on('close', (code, reason) => {
    resolve({ seen, heard: `${heard.join('')}${reason.toString()}`, code: code === 1005 ? 0 : code })
  })
}
