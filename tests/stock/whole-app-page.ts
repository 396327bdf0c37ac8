import { IndexeddbPersistence } from 'y-indexeddb'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

// The page of whole-app-browser.test.ts: two stock packages, and a text field on the document.

const query = new URLSearchParams(location.search)
const doc = new Y.Doc()
const text = doc.getText('text')
const copy = new IndexeddbPersistence('song', doc)
const provider = new WebsocketProvider(query.get('server') ?? '', 'song', doc)
const field = document.querySelector('textarea') as HTMLTextAreaElement
const lines = document.querySelector('output') as HTMLOutputElement

const show = () => {
  lines.textContent = `${text.toString()}|${provider.wsconnected ? 'online' : 'offline'}|${copy.synced ? 'loaded' : ''}`
}
field.addEventListener('input', () => {
  text.insert(text.length, field.value)
  field.value = ''
})
text.observe(show)
provider.on('status', show)
void copy.whenSynced.then(show)
show()
