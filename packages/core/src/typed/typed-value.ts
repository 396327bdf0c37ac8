import type { $ZodType, input, output } from 'zod/v4/core'
import type * as Y from 'yjs'
import { pointer } from './finding.ts'
import { checkedValue, readValue, unreported } from './values.ts'
import { put, type Write } from './write.ts'

/** The key a single value has in the map of its field. */
export const valueKey = 'value'

/** One value of a document. */
export class TypedValue<Schema extends $ZodType> {
  /** The map it is kept in, under the key `value`. */
  readonly raw: Y.Map<unknown>
  readonly #name: string
  readonly #schema: Schema
  readonly #write: Write

  /** Made by `openTyped`. */
  constructor(name: string, schema: Schema, raw: Y.Map<unknown>, write: Write) {
    this.#name = name
    this.#schema = schema
    this.#write = write
    this.raw = raw
  }

  /** The value that is there, or the fallback of its schema. */
  get(): output<Schema> {
    return readValue(this.#schema, this.raw.get(valueKey), '', unreported) as output<Schema>
  }

  /** Writes the value, unless it is there already. Throws `RefusedWrite`. */
  set(given: input<Schema>): void {
    const checked = checkedValue(this.#schema, given, pointer(this.#name))
    this.#write(() => put(this.raw, { [valueKey]: checked }))
  }

  /** Calls `listener` after each transaction that changed it, until the function it returns is called. */
  observe(listener: () => void): () => void {
    this.raw.observe(listener)
    return () => this.raw.unobserve(listener)
  }
}
