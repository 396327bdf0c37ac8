import type * as Y from 'yjs'
import type { Random } from '../base/random.ts'
import { systemEnv } from '../base/system.ts'
import type { DocumentDefinition } from './define-document.ts'
import type { CollectionField, Field, Fields, RecordField, RichTextField, TextField, ValueField } from './field.ts'
import { refusalOf, type Standing, standingOf } from './standing.ts'
import { stampDocument } from './stamp.ts'
import { TypedCollection } from './typed-collection.ts'
import { TypedRecord } from './typed-record.ts'
import { TypedValue } from './typed-value.ts'
import type { Write } from './write.ts'

/** What a field is read and written with: a text is the `Y.Text` or `Y.XmlFragment` itself. */
export type FieldView<Of extends Field> = Of extends TextField
  ? Y.Text
  : Of extends RichTextField
    ? Y.XmlFragment
    : Of extends ValueField<infer Schema>
      ? TypedValue<Schema>
      : Of extends RecordField<infer Schema>
        ? TypedRecord<Schema>
        : Of extends CollectionField
          ? TypedCollection<Of>
          : never

/** The fields of a document, by name. */
export type FieldViews<Of extends Fields> = { readonly [Name in keyof Of]: FieldView<Of[Name]> }

/**
 * A document seen through its definition. `kind` is how it stood when it was opened; reads work in every standing, and a
 * write asks again. What is done to the raw types themselves, texts among them, asks nobody.
 */
export type TypedDocument<Of extends Fields> = Standing & { readonly doc: Y.Doc; readonly fields: FieldViews<Of> }

/**
 * Sees a document through its definition. Nothing is written by opening; open it once what is stored elsewhere has
 * arrived, or an old document would be taken for an empty one.
 */
export function openTyped<Of extends Fields>(
  definition: DocumentDefinition<Of>,
  doc: Y.Doc,
  random: Random = systemEnv.random,
): TypedDocument<Of> {
  const write: Write = change => {
    const standing = standingOf(definition, doc)
    if (standing.kind !== 'ready') throw refusalOf(definition, standing)
    return doc.transact(() => {
      stampDocument(doc, definition.type, definition.version)
      return change()
    })
  }
  const views = Object.entries(definition.fields).map(([name, field]) => [
    name,
    viewOf(name, field, doc, write, random),
  ])
  return { ...standingOf(definition, doc), doc, fields: Object.fromEntries(views) as FieldViews<Of> }
}

function viewOf(name: string, field: Field, doc: Y.Doc, write: Write, random: Random): FieldView<Field> {
  switch (field.kind) {
    case 'text':
      return doc.getText(name)
    case 'rich-text':
      return doc.getXmlFragment(name)
    case 'value':
      return new TypedValue(name, field.schema, doc.getMap(name), write)
    case 'record':
      return new TypedRecord(name, field.schema, doc.getMap(name), write)
    case 'collection':
      return new TypedCollection(name, field, doc.getMap(name), write, random)
  }
}
