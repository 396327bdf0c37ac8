// snippet:client
import { Provider, savingText } from '@tutti/client'
import * as Y from 'yjs'

const doc = new Y.Doc()
const provider = new Provider(`ws://${location.host}`, 'tonight', doc)
provider.on('saving-state', state => console.log(savingText(state)))

doc.getMap('songs').set('opener', 'Wayfaring Stranger')
await provider.flush() // on the server's disk by now, or an error that says why not
// end

export { doc, provider }
