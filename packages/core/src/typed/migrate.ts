import * as Y from 'yjs'
import { crc32 } from '../base/crc32.ts'
import type { DocumentDefinition, MigrationStep } from './define-document.ts'
import { RefusedWrite } from './refused-write.ts'
import { refusalOf, standingOf } from './standing.ts'
import { stampDocument } from './stamp.ts'

/** The origin of the transaction a migration arrives in. */
export const migrationOrigin = 'tutti:migration'

/** What `migrate` takes. */
export interface MigrationOptions {
  /** The version to go to: up to that of the definition, which it is unless another is named. */
  readonly to?: number
  /** The version to begin at, instead of the one the document is at: does again what older apps wrote too late to be part of it. */
  readonly from?: number
}

/** The versions a document was brought from and to. */
export interface Migrated {
  readonly from: number
  readonly to: number
}

/**
 * Brings a document to the version of its definition, or, with `to`, back to an older one for apps that were not updated
 * yet. All of it is one transaction; where a step throws, so does this, and the document is as it was.
 *
 * Devices that migrate at once converge. The steps run on a copy, under a client id that follows from what they do, so two
 * devices that know the same make the very same edit, which merges with itself. Devices that know different things make
 * two, which merge as any edits do: that is why a step leaves alone what is migrated already.
 *
 * Throws `RefusedWrite`: `from-the-future`, `other-type`, `no-way-back`.
 */
export function migrate(definition: DocumentDefinition, doc: Y.Doc, options: MigrationOptions = {}): Migrated {
  const standing = standingOf(definition, doc)
  if (standing.kind === 'other-type' || standing.kind === 'from-the-future') throw refusalOf(definition, standing)
  const from = options.from ?? (standing.kind === 'ready' ? definition.version : standing.version)
  const to = options.to ?? definition.version
  for (const version of [from, to]) {
    if (!Number.isSafeInteger(version) || version < 1 || version > definition.version) {
      throw new TypeError(`${definition.type} has no version ${version}`)
    }
  }
  const steps = stepsBetween(definition, from, to)
  if (steps.length > 0) Y.applyUpdate(doc, migration(definition, doc, steps, to), migrationOrigin)
  return { from, to }
}

function stepsBetween(definition: DocumentDefinition, from: number, to: number): MigrationStep[] {
  const steps: MigrationStep[] = []
  for (let version = from + 1; version <= to; version++) {
    const up = definition.migrations[version]?.up
    if (up !== undefined) steps.push(up)
  }
  for (let version = from; version > to; version--) {
    const down = definition.migrations[version]?.down
    if (down === undefined) throw new RefusedWrite('no-way-back', `${definition.type} ${version} has no way back`)
    steps.push(down)
  }
  return steps
}

/**
 * The edit that the steps make of the document, as a Yjs update: made once to know what it is, and once more by the client
 * whose id follows from that. Two edits that differ (another build of the app, a step that is not as it should be) never
 * share a client, which would part their documents for ever.
 */
function migration(
  definition: DocumentDefinition,
  doc: Y.Doc,
  steps: readonly MigrationStep[],
  to: number,
): Uint8Array {
  const editBy = (client: number): Uint8Array => {
    const copy = new Y.Doc({ gc: doc.gc })
    try {
      Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
      copy.clientID = client
      copy.transact(() => {
        for (const step of steps) step(copy)
        stampDocument(copy, definition.type, to)
      })
      return Y.encodeStateAsUpdate(copy, Y.encodeStateVector(doc))
    } finally {
      copy.destroy()
    }
  }
  return editBy(unknownClient(doc, crc32(editBy(unknownClient(doc, 0)))))
}

/** The first client id from `client` on that the document does not know. */
function unknownClient(doc: Y.Doc, client: number): number {
  let unknown = client
  while (doc.store.clients.has(unknown)) unknown = (unknown + 1) >>> 0
  return unknown
}
