import { Provider } from '@tutti/client'
import * as Y from 'yjs'

declare const url: string

/** What `docs/client.md` shows of an open provider. */
export async function saving(doc: Y.Doc, provider: Provider): Promise<void> {
  // snippet:flush
  doc.getText('notes').insert(0, 'Capo 2. ')
  await provider.whenStored() // on this device
  await provider.flush() // on the server's disk
  console.log(provider.pending) // { edits: 0, bytes: 0 }
  // end
}

export function seeding(): Provider {
  // snippet:seed
  const seeded = new Provider(url, 'friday', new Y.Doc(), {
    seed: doc => doc.getMap('songs').set('opener', 'Wayfaring Stranger'),
  })
  // end
  return seeded
}
