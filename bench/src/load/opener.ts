/** Opening a large document: when is all of it here? Content is judged by the author's clock, then by the text itself. */
import * as Y from 'yjs'
import { Client, type Target } from './client.ts'
import { type ClockRange, readClockRange } from './clocks.ts'
import type { Dialect } from './dialect.ts'
import { textName, type Typist, typedText } from './typist.ts'

/** What a client received until it had everything. */
export interface Opened {
  readonly client: Client
  /** From connecting to the last byte of the whole content. */
  readonly ms: number
  /** From connecting to the first answer to our state vector, whatever it held. */
  readonly answeredMs: number
  readonly updates: readonly Buffer[]
}

/** Contents already judged whole: fifty clients get the same bytes, and comparing is far cheaper than reading. */
export class WholeContent {
  readonly #author: number
  readonly #clock: number
  #known: Buffer | undefined

  constructor(author: number, clock: number) {
    this.#author = author
    this.#clock = clock
  }

  /** Whether this update brings the author's last keystroke. */
  isIn(update: Buffer): boolean {
    if (this.#known !== undefined && this.#known.equals(update)) return true
    const range: ClockRange = { from: 0, to: 0 }
    readClockRange(range, update, 0, update.length, this.#author)
    if (range.to < this.#clock) return false
    this.#known = update
    return true
  }
}

/** Opens a document with an empty client and waits for the whole of it. */
export function openWhole(target: Target, dialect: Dialect, document: string, whole: WholeContent): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const client = new Client(target, dialect, document)
    const updates: Buffer[] = []
    const startedAt = performance.now()
    let answeredMs = Number.NaN
    const take = (bytes: Buffer, start: number, end: number): void => {
      const ms = performance.now() - startedAt
      const update = Buffer.from(bytes.subarray(start, end))
      updates.push(update)
      if (whole.isIn(update)) {
        client.listenUpdate = () => {}
        client.listenSyncAnswer = () => {}
        resolve({ client, ms, answeredMs: Number.isNaN(answeredMs) ? ms : answeredMs, updates })
      }
    }
    client.listenUpdate = take
    client.listenSyncAnswer = (bytes, start, end) => {
      answeredMs = performance.now() - startedAt
      take(bytes, start, end)
    }
    client.listenLost = reason => reject(new Error(`lost while opening: ${reason}`))
    client.open().catch(reject)
  })
}

/** Folds what a client received and compares it with the text it should be. Throws when it differs. */
export function proveText(opened: Opened, text: string): void {
  const doc = new Y.Doc()
  for (const update of opened.updates) Y.applyUpdate(doc, update)
  const got = doc.getText(textName).toString()
  if (got !== text) throw new Error(`the document differs: ${got.length} characters instead of ${text.length}`)
}

/** A newcomer reads everything that was typed: no figure counts from a server that lost some of it. */
export async function proveTyped(target: Target, dialect: Dialect, document: string, typist: Typist): Promise<void> {
  const opened = await openWhole(target, dialect, document, new WholeContent(typist.clientId, typist.clock))
  opened.client.close()
  proveText(opened, typedText(typist.clock))
}
