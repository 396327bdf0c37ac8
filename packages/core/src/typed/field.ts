import type { $ZodObject, $ZodType } from 'zod/v4/core'

/** Letters with marks: a `Y.Text`, merged letter by letter. What CodeMirror, Monaco and Quill bind to. */
export interface TextField {
  readonly kind: 'text'
}

/** Paragraphs, headings, lists: a `Y.XmlFragment`. What Tiptap, ProseMirror and BlockNote bind to. */
export interface RichTextField {
  readonly kind: 'rich-text'
}

/** One value, replaced as a whole: of two devices that set it at once, one wins. */
export interface ValueField<Schema extends $ZodType = $ZodType> {
  readonly kind: 'value'
  readonly schema: Schema
}

/** A few values by name: devices that change different ones at once all win. */
export interface RecordField<Schema extends $ZodObject = $ZodObject> {
  readonly kind: 'record'
  readonly schema: Schema
}

/** The texts of an item, by name. */
export type SharedTexts = Readonly<Record<string, TextField | RichTextField>>

/** Items by id in an order that people change. */
export interface CollectionField<Schema extends $ZodObject = $ZodObject, Texts extends SharedTexts = SharedTexts> {
  readonly kind: 'collection'
  readonly schema: Schema
  readonly texts: Texts
}

export type Field = TextField | RichTextField | ValueField | RecordField | CollectionField

/** The fields of a document. Each is the root of that name in the `Y.Doc`. */
export type Fields = Readonly<Record<string, Field>>

/** A text: as a field of a document, or of the items of a collection. */
export function text(): TextField {
  return { kind: 'text' }
}

/** A text with paragraphs and structure: as a field of a document, or of the items of a collection. */
export function richText(): RichTextField {
  return { kind: 'rich-text' }
}

/** One value: kept in the map of the field's name, under the key `value`. */
export function value<Schema extends $ZodType>(schema: Schema): ValueField<Schema> {
  return { kind: 'value', schema }
}

/** Values by name: the keys of the map of the field's name. */
export function record<Schema extends $ZodObject>(schema: Schema): RecordField<Schema> {
  return { kind: 'record', schema }
}

/**
 * Items of one kind: a map by id, each item a map with the values of `schema`, with `texts`, and with the key `order` it is
 * sorted by. (In a `Y.Array` a move is "delete and insert again", and two devices that move one item at once double it.)
 */
export function collection<Schema extends $ZodObject, const Texts extends SharedTexts = Readonly<Record<never, never>>>(
  schema: Schema,
  texts?: Texts,
): CollectionField<Schema, Texts> {
  return { kind: 'collection', schema, texts: texts ?? ({} as Texts) }
}
