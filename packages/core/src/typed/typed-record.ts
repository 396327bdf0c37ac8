import type { $ZodObject, input, output } from 'zod/v4/core'
import type * as Y from 'yjs'
import { pointer } from './finding.ts'
import { checkedValues, readValues, unreported } from './values.ts'
import { put, type Write } from './write.ts'

/** The values of a document that are kept together, each replaced on its own. */
export class TypedRecord<Schema extends $ZodObject> {
  /** The map they are kept in. */
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

  /** All values, with the fallbacks of the schema for what is missing or does not comply. */
  get(): output<Schema> {
    return readValues(this.#schema, this.raw, '', unreported) as output<Schema>
  }

  /** Writes the values that are named and differ; `undefined` is the default of one, or takes it away. Throws `RefusedWrite`. */
  update(changes: Partial<input<Schema>>): void {
    const checked = checkedValues(this.#schema, changes, this.get(), pointer(this.#name))
    this.#write(() => put(this.raw, checked))
  }

  /** Calls `listener` after each transaction that changed them, until the function it returns is called. */
  observe(listener: () => void): () => void {
    this.raw.observe(listener)
    return () => this.raw.unobserve(listener)
  }
}
