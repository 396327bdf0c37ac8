import * as Y from 'yjs'
import type { SeededRandom } from './seeded-random.ts'
import { randomEdit } from './random-work.ts'

/** A Y.Doc that hands out each of its own edits as one update, as a client would send them. */
export class Replica {
  readonly doc: Y.Doc = new Y.Doc()
  /** Own updates not yet handed on. */
  readonly outbox: Uint8Array[] = []

  constructor(clientId: number) {
    this.doc.clientID = clientId
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'remote') this.outbox.push(update)
    })
  }

  edit(random: SeededRandom): void {
    randomEdit(this.doc, random)
  }

  receive(update: Uint8Array): void {
    Y.applyUpdate(this.doc, update, 'remote')
  }
}
