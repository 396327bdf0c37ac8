export {
  defineDocument,
  type DocumentDefinition,
  type DocumentOptions,
  type Migration,
  type MigrationStep,
} from './define-document.ts'
export {
  collection,
  type CollectionField,
  type Field,
  type Fields,
  record,
  type RecordField,
  richText,
  type RichTextField,
  type SharedTexts,
  text,
  type TextField,
  value,
  type ValueField,
} from './field.ts'
export type { Finding, FindingCode } from './finding.ts'
export type { Item, ItemChanges, NewItem } from './item.ts'
export { migrate, type Migrated, migrationOrigin, type MigrationOptions } from './migrate.ts'
export { type FieldView, type FieldViews, openTyped, type TypedDocument } from './open-typed.ts'
export { type RefusalCode, RefusedWrite } from './refused-write.ts'
export { type Stamp, stampOf } from './stamp.ts'
export { observeStanding, type Standing, standingOf } from './standing.ts'
export type { Place, TypedCollection } from './typed-collection.ts'
export type { TypedRecord } from './typed-record.ts'
export type { TypedValue } from './typed-value.ts'
export { validate } from './validate.ts'
