// snippet:node
import { Provider } from '@tutti/client'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

const provider = new Provider(url, 'tonight', new Y.Doc(), { WebSocketPolyfill: WebSocket, persist: false })
provider.doc.getMap('songs').set('encore', 'Goodnight, Irene')
await provider.flush()
provider.destroy()
// end

declare const url: string
