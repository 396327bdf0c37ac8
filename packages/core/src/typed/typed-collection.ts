import * as Y from 'yjs'
import { type Random, randomWord } from '../base/random.ts'
import type { CollectionField } from './field.ts'
import { type Finding, pointer } from './finding.ts'
import { type Item, type ItemChanges, itemsOf, type NewItem, orderKey, readItem } from './item.ts'
import { orderBetween } from './order-key.ts'
import { invalidWrite } from './refused-write.ts'
import { isStorable, isStorableName } from './storable.ts'
import { checkedValues, readValues, unreported } from './values.ts'
import { put, type Write } from './write.ts'

/**
 * Where an item goes: to either end, beside another one (last, if that one is gone), or where so many others come before
 * it.
 */
export type Place =
  | 'first'
  | 'last'
  | { readonly before: string }
  | { readonly after: string }
  | { readonly index: number }

/** What an item is made of: its values, checked, and new texts. */
interface Parts {
  readonly id: string
  readonly texts: Readonly<Record<string, unknown>>
  readonly values: Readonly<Record<string, unknown>>
}

/** 100 bits. */
const idLength = 20

/**
 * The items of a collection. What others can cause is no error: an item that somebody else removed meanwhile is not
 * changed, and the answer says so.
 */
export class TypedCollection<Field extends CollectionField> {
  /** The map of the items by id. */
  readonly raw: Y.Map<unknown>
  readonly #name: string
  readonly #field: Field
  readonly #write: Write
  readonly #random: Random

  /** Made by `openTyped`. */
  constructor(name: string, field: Field, raw: Y.Map<unknown>, write: Write, random: Random) {
    this.#name = name
    this.#field = field
    this.#write = write
    this.#random = random
    this.raw = raw
  }

  /** The items in their order, the same on every device. */
  list(): Item<Field>[] {
    return itemsOf(this.raw).map(({ id, map }) => readItem(this.#field, id, map, '', unreported))
  }

  /** One item, or `null` where there is none. */
  get(id: string): Item<Field> | null {
    const map = this.#map(id)
    return map === null ? null : readItem(this.#field, id, map, '', unreported)
  }

  /**
   * Adds an item and returns its id. An `id` of one's own replaces what has it, on this device or at the same moment on
   * another. Throws `RefusedWrite`.
   */
  add(item: NewItem<Field>, place: Place = 'last', id: string = this.#newId()): string {
    this.#addRow([this.#parts(item, id)], place)
    return id
  }

  /** Adds items one behind the other, all of them or none, and returns their ids. Throws `RefusedWrite`. */
  addAll(items: readonly NewItem<Field>[], place: Place = 'last'): string[] {
    const row = items.map(item => this.#parts(item, this.#newId()))
    this.#addRow(row, place)
    return row.map(({ id }) => id)
  }

  /**
   * Writes the values that are named and differ, so that devices that change different ones never collide; `undefined` is
   * the default of a value, or takes it away. `false`: there is no such item. Throws `RefusedWrite`.
   */
  update(id: string, changes: ItemChanges<Field>): boolean {
    const map = this.#map(id)
    if (map === null) return false
    const { schema } = this.#field
    const checked = checkedValues(schema, changes, readValues(schema, map, '', unreported), pointer(this.#name, id))
    this.#write(() => put(map, checked))
    return true
  }

  /** Puts an item elsewhere; nothing else of it changes. `false`: there is no such item. Throws `RefusedWrite`. */
  move(id: string, place: Place): boolean {
    const map = this.#map(id)
    if (map === null) return false
    this.#write(() => map.set(orderKey, this.#keyBetween(...this.#gapAt(place, id))))
    return true
  }

  /** Takes an item out. `false`: there is no such item. Throws `RefusedWrite`. */
  remove(id: string): boolean {
    if (!this.raw.has(id)) return false
    this.#write(() => this.raw.delete(id))
    return true
  }

  /**
   * Calls `listener` with the ids of what was added, changed, moved or removed, after each transaction, until the function
   * it returns is called.
   */
  observe(listener: (ids: ReadonlySet<string>) => void): () => void {
    const heard = (events: readonly Y.YEvent<Y.AbstractType<unknown>>[]): void => {
      listener(
        new Set(events.flatMap(event => (event.path.length === 0 ? [...event.keys.keys()] : String(event.path[0])))),
      )
    }
    this.raw.observeDeep(heard)
    return () => this.raw.unobserveDeep(heard)
  }

  #map(id: string): Y.Map<unknown> | null {
    const map = this.raw.get(id)
    return map instanceof Y.Map ? map : null
  }

  #newId(): string {
    return randomWord(this.#random, idLength)
  }

  #addRow(row: readonly Parts[], place: Place): void {
    this.#write(() => {
      const [first, after] = this.#gapAt(place, row[0]?.id ?? null)
      let before = first
      for (const { id, texts, values } of row) {
        before = this.#keyBetween(before, after)
        const map = new Y.Map<unknown>(Object.entries({ ...texts, [orderKey]: before }))
        this.raw.set(id, map)
        put(map, values)
      }
    })
  }

  #keyBetween(before: string | null, after: string | null): string {
    return orderBetween(before, after, (this.raw.doc as Y.Doc).clientID)
  }

  /** The keys between which an item that goes there stands. */
  #gapAt(place: Place, id: string | null): readonly [before: string | null, after: string | null] {
    const others = itemsOf(this.raw).filter(other => other.id !== id)
    const at = indexOf(place, others)
    const before = others[at - 1]?.order ?? null
    // Neighbours that share a key leave no room between them: then behind all that have it is close enough.
    const after = others.slice(at).find(({ order }) => before === null || order > before)?.order ?? null
    return [before, after]
  }

  #parts(item: NewItem<Field>, id: string): Parts {
    const path = pointer(this.#name, id)
    const given: Record<string, unknown> = { ...item }
    const findings: Finding[] = []
    const texts: Record<string, unknown> = {}
    if (!isStorableName(id)) findings.push({ path, code: 'not-storable', message: 'no relay takes such an id' })
    for (const [name, { kind }] of Object.entries(this.#field.texts)) {
      const begin = given[name] ?? ''
      delete given[name]
      if (typeof begin !== 'string' || !isStorable(begin) || (kind === 'rich-text' && begin !== '')) {
        findings.push({ path: path + pointer(name), code: 'wrong-type', message: 'a text begins with plain letters' })
      } else texts[name] = kind === 'text' ? new Y.Text(begin) : new Y.XmlFragment()
    }
    if (findings.length > 0) throw invalidWrite(findings)
    return { id, texts, values: checkedValues(this.#field.schema, given, null, path) }
  }
}

function indexOf(place: Place, others: readonly { readonly id: string }[]): number {
  if (place === 'first') return 0
  if (place === 'last') return others.length
  if ('index' in place) return Math.max(0, Math.min(others.length, Math.trunc(place.index)))
  const beside = others.findIndex(({ id }) => id === ('before' in place ? place.before : place.after))
  if (beside === -1) return others.length
  return 'before' in place ? beside : beside + 1
}
