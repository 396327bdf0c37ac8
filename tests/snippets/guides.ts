import { openLocalLog, Provider, Provider as WebsocketProvider } from '@tutti/client'
import { systemEnv } from '@tutti/core'
import { SignJWT } from 'jose'
import * as Y from 'yjs'

// What the guides of docs/ show, where it is not a whole file.

declare const url: string
declare const confirm: (question: string) => boolean

export function migrated(): WebsocketProvider {
  // snippet:as-y-websocket
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(url, 'tonight', doc)
  provider.on('status', event => console.log(event.status)) // connected
  provider.on('sync', isSynced => console.log(isSynced)) // true
  // end
  return provider
}

export function asHocuspocus(token: string): Provider {
  // snippet:as-hocuspocus
  const provider = new Provider({ url, name: 'tonight', document: new Y.Doc(), token })
  provider.on('synced', () => console.log(provider.isSynced, provider.unsyncedChanges)) // true 0
  // end
  return provider
}

export function deciding(provider: Provider, bind: (doc: Y.Doc) => void): void {
  // snippet:refused
  provider.on('refused', refusal => {
    const keeps = confirm(`Not saved: ${refusal.message}. Keep ${refusal.edits} changes aside on this device?`)
    void (keeps ? refusal.keep() : refusal.undo())
  })
  provider.on('reload', doc => bind(doc)) // what was refused is not in this one
  // end
}

export async function branches(provider: Provider): Promise<void> {
  // snippet:branches
  for (const branch of await provider.localLog.branches()) {
    const copy = new Y.Doc()
    if (branch.reason !== 'epoch-mismatch') Y.applyUpdate(copy, Y.encodeStateAsUpdate(provider.doc))
    Y.applyUpdate(copy, branch.bytes)
    console.log(branch.doc, branch.reason, copy.getText('notes').toString())
    await provider.localLog.removeBranch(branch.id) // once somebody has decided
  }
  // end
}

export async function perUser(user: string): Promise<void> {
  // snippet:per-user
  const name = `tutti of ${user}`
  const localLog = await openLocalLog({ env: systemEnv, name })
  const provider = new Provider(url, 'tonight', new Y.Doc(), { localLog })

  async function signOut(): Promise<void> {
    await provider.flush() // or ask: what is pending is only on this device
    await provider.close()
    await localLog.close()
    indexedDB.deleteDatabase(name)
  }
  // end
  await signOut()
}

export function signing(): (user: { readonly id: string; readonly name: string }) => Promise<string> {
  // snippet:sign-token
  const secret = new TextEncoder().encode(process.env['JWT_SECRET'])

  function tokenFor(user: { readonly id: string; readonly name: string }): Promise<string> {
    return new SignJWT({ name: user.name, tutti: { write: ['band/*'], read: ['library/**'] } })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(user.id)
      .setIssuedAt()
      .setExpirationTime('15m')
      .sign(secret)
  }
  // end
  return tokenFor
}

export function tokenAsked(doc: Y.Doc): Provider {
  // snippet:token-function
  const provider = new Provider(url, 'band/tonight', doc, {
    token: async () => (await fetch('/token')).text(), // asked at every attempt, and before a token ends
  })
  provider.on('closed', ({ code, reason }) => console.log(code, reason))
  // end
  return provider
}
