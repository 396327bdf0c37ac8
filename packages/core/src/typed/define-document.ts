import type { $ZodType } from 'zod/v4/core'
import type * as Y from 'yjs'
import { fallbackOf } from './fallback.ts'
import type { Field, Fields } from './field.ts'
import { orderKey } from './item.ts'
import { reservedPrefix } from './stamp.ts'
import { isStorableName } from './storable.ts'

/**
 * A step between two versions, on the raw document, inside one transaction. Its rules: it decides by the document alone
 * (no clock, no chance, no network), and doing it again on its own outcome changes nothing.
 */
export type MigrationStep = (doc: Y.Doc) => void

/** How a document comes to a version from the one before, and back. */
export interface Migration {
  readonly up: MigrationStep
  /** Leave it out where there is no way back. */
  readonly down?: MigrationStep
}

/** What documents of one type hold. Made by `defineDocument`. */
export interface DocumentDefinition<Of extends Fields = Fields> {
  readonly type: string
  readonly version: number
  readonly fields: Of
  /** By the version they lead to. */
  readonly migrations: Readonly<Record<number, Migration>>
}

/** What `defineDocument` takes. */
export interface DocumentOptions<Of extends Fields> {
  /** What such documents are called: `setlist`. */
  readonly type: string
  /** A whole number from 1; the next one whenever older apps would misread what is written. */
  readonly version: number
  /** The names are those of the roots in the `Y.Doc`. */
  readonly fields: Of
  /** One for each version from 2 on, by the version it leads to. */
  readonly migrations?: Readonly<Record<number, Migration>>
}

/** Defines a type of document. Throws a `TypeError` that names what cannot be meant. */
export function defineDocument<const Of extends Fields>(options: DocumentOptions<Of>): DocumentDefinition<Of> {
  const { type, version, fields, migrations = {} } = options
  const insist = (holds: boolean, message: string): void => {
    if (!holds) throw new TypeError(`document ${type}: ${message}`)
  }
  insist(type !== '', 'the type has a name')
  insist(Number.isSafeInteger(version) && version >= 1, 'versions are whole numbers from 1')
  for (let to = 2; to <= version; to++) insist(Object.hasOwn(migrations, to), `a migration to version ${to} is needed`)
  for (const to of Object.keys(migrations)) {
    insist(
      Number.isSafeInteger(Number(to)) && Number(to) >= 2 && Number(to) <= version,
      `no migration leads to version ${to}`,
    )
  }
  for (const [name, field] of Object.entries(fields)) {
    insist(name !== '' && isStorableName(name) && !name.startsWith(reservedPrefix), `a field cannot be named '${name}'`)
    for (const [path, schema] of schemasOf(name, field)) {
      insist(fallbackOf(schema) !== null, `${path} needs a .default(), for where nothing fit is there`)
    }
    if (field.kind !== 'collection') continue
    for (const taken of ['id', orderKey, ...Object.keys(field.texts)]) {
      insist(!Object.hasOwn(field.schema._zod.def.shape, taken), `${name}.${taken} means something else already`)
    }
  }
  return { type, version, fields, migrations }
}

function schemasOf(name: string, field: Field): [string, $ZodType][] {
  if (field.kind === 'value') return [[name, field.schema]]
  if (field.kind !== 'record' && field.kind !== 'collection') return []
  return Object.entries(field.schema._zod.def.shape).map(([key, schema]) => [`${name}.${key}`, schema])
}
