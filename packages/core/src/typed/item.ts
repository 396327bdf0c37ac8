import type { input, output } from 'zod/v4/core'
import * as Y from 'yjs'
import type { CollectionField, RichTextField, SharedTexts, TextField } from './field.ts'
import { pointer } from './finding.ts'
import { type Report, readValues, reportUnknown } from './values.ts'

/** The key of an item that says where it stands. */
export const orderKey = 'order'

type TextType<Field> = Field extends RichTextField ? Y.XmlFragment : Y.Text

/**
 * An item of a collection, as it was when it was read; only its texts live on. A text is `null` only where somebody wrote
 * something else in its place.
 */
export type Item<Field extends CollectionField> = { readonly id: string } & Readonly<output<Field['schema']>> & {
    readonly [Name in keyof Field['texts']]: TextType<Field['texts'][Name]> | null
  }

type PlainTexts<Texts extends SharedTexts> = {
  readonly [Name in keyof Texts as Texts[Name] extends TextField ? Name : never]?: string
}

/** What makes an item: its values, and what its texts begin with. */
export type NewItem<Field extends CollectionField> = Readonly<input<Field['schema']>> & PlainTexts<Field['texts']>

/** Values of an item that are to be replaced. */
export type ItemChanges<Field extends CollectionField> = Partial<Readonly<input<Field['schema']>>>

/** What stands in a map of items, in the order of the items: by key, then by id. What is no item is left out. */
export function itemsOf(
  raw: Y.Map<unknown>,
): { readonly id: string; readonly order: string; readonly map: Y.Map<unknown> }[] {
  const items: { id: string; order: string; map: Y.Map<unknown> }[] = []
  raw.forEach((map, id) => {
    if (map instanceof Y.Map) items.push({ id, order: orderOf(map), map })
  })
  return items.sort((a, b) => compare(a.order, b.order) || compare(a.id, b.id))
}

/** Reads one item, reporting what does not comply. */
export function readItem<Field extends CollectionField>(
  field: Field,
  id: string,
  map: Y.Map<unknown>,
  path: string,
  report: Report,
): Item<Field> {
  const texts = Object.entries(field.texts).map(([name, text]) => {
    const found = map.get(name)
    if (found instanceof (text.kind === 'text' ? Y.Text : Y.XmlFragment)) return [name, found]
    report({ path: path + pointer(name), code: 'wrong-type', message: `expected a ${text.kind}` })
    return [name, null]
  })
  if (typeof map.get(orderKey) !== 'string') {
    report({ path: path + pointer(orderKey), code: 'wrong-type', message: 'expected the key it is sorted by' })
  }
  reportUnknown(field.schema, map.keys(), [orderKey, ...Object.keys(field.texts)], path, report)
  return { ...readValues(field.schema, map, path, report), ...Object.fromEntries(texts), id } as Item<Field>
}

function orderOf(map: Y.Map<unknown>): string {
  const order = map.get(orderKey)
  return typeof order === 'string' ? order : ''
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
