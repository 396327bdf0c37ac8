import { Provider, type Refusal } from '@tutti/client'
import * as Y from 'yjs'
import { firstSongs } from './first-songs.ts'
import type { Action } from './saving-look.ts'
import { toast } from './toast.ts'

/** A setlist that is open on this device. */
export interface Session {
  /** Its document, who else is here, and where the edits of this device are. */
  readonly provider: Provider
  act(action: Action): Promise<void>
}

/**
 * Opens the setlist of this name: from this device at once, from the server this page came from when it answers.
 * `onReplaced` is called when another document has taken the place of the old one, and all of it must be shown anew.
 */
export function connect(name: string, onReplaced: () => void): Session {
  const provider = new Provider(location.origin, name, new Y.Doc(), { seed: firstSongs })
  let refusal: Refusal | null = null
  provider.on('refused', refused => {
    refusal = refused
  })
  provider.on('reload', onReplaced)
  return {
    provider,
    async act(action) {
      if (action === 'retry') provider.connect()
      else if (action === 'undo') await refusal?.undo()
      else if (await refusal?.keep()) toast('A copy stays on this device')
    },
  }
}
