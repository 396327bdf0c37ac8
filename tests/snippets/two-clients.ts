declare const url: string

// snippet:two-clients
import { Provider } from '@tutti/client'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

const inNode = { WebSocketPolyfill: WebSocket, persist: false }
const ana = new Provider(url, 'tonight', new Y.Doc(), inNode)
ana.doc.getText('notes').insert(0, 'Capo 2.')
await ana.flush() // on the server's disk

const ben = new Provider(url, 'tonight', new Y.Doc(), inNode)
ben.on('synced', () => console.log(ben.doc.getText('notes').toString())) // Capo 2.
// end

export { ana, ben }
