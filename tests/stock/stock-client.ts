import { WebsocketProvider as ProviderFour } from '@y/websocket'
import * as YFourteen from '@y/y'
import { onTestFinished } from 'vitest'
import { WebsocketProvider as ProviderThree } from 'y-websocket'
import { WebsocketProvider as ProviderOne } from 'y-websocket-1'
import { WebsocketProvider as ProviderTwo } from 'y-websocket-2'
import * as Y from 'yjs'
import { type WireTap, wireTap } from './wire-tap.ts'

/** What the four editions hold alike. */
export interface SharedContent {
  readonly text: string
  readonly map: Record<string, unknown>
  readonly array: unknown[]
  readonly xml: string
}

/** What one can do with a document, whichever edition of Yjs holds it. */
export interface SharedDoc {
  readonly clientId: number
  insert(at: number, text: string): void
  remove(at: number, length: number): void
  set(key: string, value: unknown): void
  push(value: unknown): void
  /** A paragraph at the end of the page, with text in it. */
  paragraph(text: string): void
  read(): SharedContent
  /** Updates held back because something before them is missing. */
  hasPending(): boolean
  onUpdate(call: () => void): void
}

/** The part of a provider that all editions share. */
interface StockProvider {
  readonly wsconnected: boolean
  readonly synced: boolean
  readonly shouldConnect: boolean
  readonly awareness: {
    getLocalState(): unknown
    getStates(): Map<number, Record<string, unknown>>
    setLocalState(state: Record<string, unknown> | null): void
    setLocalStateField(field: string, value: unknown): void
    on(event: 'update', call: () => void): void
  }
  connect(): void
  disconnect(): void
  destroy(): void
}

export interface ConnectOptions {
  readonly token?: string
  readonly connect?: boolean
  /** An existing document, for editions on Yjs 13. */
  readonly doc?: Y.Doc
}

export interface StockClient {
  readonly edition: string
  readonly doc: SharedDoc
  readonly provider: StockProvider
  readonly tap: WireTap
  /** `closed` events with their codes (y-websocket 3.1 alone has them). */
  readonly closed: readonly number[]
  /** Client ids that are present here. */
  present(): number[]
  /** Goes offline and resolves when the socket has closed. */
  disconnect(): Promise<void>
  destroy(): void
  /** Calls back whenever something may have changed. */
  onNews(call: () => void): () => void
}

export interface Edition {
  readonly name: string
  readonly connect: (url: string, doc: string, options?: ConnectOptions) => StockClient
}

// Every provider listens for the end of the process.
process.setMaxListeners(100)

const fourteenName = '@y/websocket 4 with @y/y 14'
const known: Edition[] = []
export const editions: readonly Edition[] = known

thirteen('y-websocket 1.5.4', ProviderOne as never)
thirteen('y-websocket 2.1.0', ProviderTwo as never)
thirteen('y-websocket 3.1.0', ProviderThree as never)
known.push({
  name: fourteenName,
  connect(url, name, options = {}) {
    const doc = new YFourteen.Doc()
    return client(fourteenName, url, name, ProviderFour as never, doc, fourteen(doc), options)
  },
})

type ProviderClass = new (
  url: string,
  doc: string,
  ydoc: unknown,
  options: object,
) => StockProvider & { on(event: string, call: (event: { code: number }) => void): void }

function thirteen(name: string, Provider: ProviderClass): void {
  known.push({
    name,
    connect(url, docName, options = {}) {
      const doc = options.doc ?? new Y.Doc()
      return client(name, url, docName, Provider, doc, thirteenDoc(doc), options)
    },
  })
}

/** A client of this edition on one document; destroyed when the test is over. */
function client(
  edition: string,
  url: string,
  name: string,
  Provider: ProviderClass,
  ydoc: unknown,
  doc: SharedDoc,
  options: ConnectOptions,
): StockClient {
  const tap = wireTap()
  const closed: number[] = []
  const listeners = new Set<() => void>()
  const news = () => {
    for (const listener of listeners) listener()
  }
  const provider = new Provider(url.replace('http', 'ws'), name, ydoc, {
    WebSocketPolyfill: tap.Socket,
    disableBc: true,
    connect: options.connect ?? true,
    params: options.token === undefined ? {} : { token: options.token },
  })
  tap.onNews = news
  doc.onUpdate(news)
  provider.awareness.on('update', news)
  for (const event of ['status', 'sync']) provider.on(event, news)
  provider.on('closed', ({ code }) => {
    closed.push(code)
    news()
  })
  // An error event without a listener would end the test; the provider tries again by itself.
  provider.on('connection-error', () => {})
  let isDestroyed = false
  const destroy = () => {
    if (isDestroyed) return
    isDestroyed = true
    provider.awareness.setLocalState(null)
    provider.destroy()
    ;(provider.awareness as unknown as { destroy(): void }).destroy()
  }
  onTestFinished(destroy)
  return {
    edition,
    doc,
    provider,
    tap,
    closed,
    present: () => [...provider.awareness.getStates().keys()].sort((a, b) => a - b),
    async disconnect() {
      const socket = tap.sockets.at(-1)
      const gone = new Promise(resolve => {
        if (socket === undefined || socket.readyState === socket.CLOSED) resolve(null)
        else socket.once('close', resolve)
      })
      provider.disconnect()
      await gone
    },
    destroy,
    onNews(call) {
      listeners.add(call)
      return () => listeners.delete(call)
    },
  }
}

function thirteenDoc(doc: Y.Doc): SharedDoc {
  const page = doc.getXmlFragment('page')
  return {
    clientId: doc.clientID,
    insert: (at, text) => doc.getText('text').insert(at, text),
    remove: (at, length) => doc.getText('text').delete(at, length),
    set: (key, value) => void doc.getMap('map').set(key, value),
    push: value => doc.getArray('array').push([value]),
    paragraph(text) {
      const paragraph = new Y.XmlElement('p')
      paragraph.insert(0, [new Y.XmlText(text)])
      page.push([paragraph])
    },
    read: () => ({
      text: doc.getText('text').toString(),
      map: doc.getMap('map').toJSON(),
      array: doc.getArray('array').toArray(),
      xml: page.toString(),
    }),
    hasPending: () => doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
    onUpdate: call => void doc.on('update', call),
  }
}

/** In Yjs 14 one kind of type is text, map, array and element at once. */
function fourteen(doc: YFourteen.Doc): SharedDoc {
  const [text, map, array, page] = [doc.get('text'), doc.get('map'), doc.get('array'), doc.get('page')]
  return {
    clientId: doc.clientID,
    insert: (at, inserted) => text.insert(at, inserted as never),
    remove: (at, length) => text.delete(at, length),
    set: (key, value) => void map.setAttr(key as never, value as never),
    push: value => array.push([value] as never),
    paragraph(inserted) {
      const paragraph = new YFourteen.Type('p')
      paragraph.insert(0, inserted as never)
      page.push([paragraph] as never)
    },
    read: () => ({
      text: text.toString(),
      map: Object.fromEntries(map.attrEntries() as Iterable<[string, unknown]>),
      array: array.toArray() as unknown[],
      // The text of a paragraph is a type without a name here.
      xml: page.toString().replaceAll('<>', '').replaceAll('</>', ''),
    }),
    hasPending: () => doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
    onUpdate: call => void doc.on('update', call),
  }
}
