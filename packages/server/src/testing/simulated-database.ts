import type { SeededRandom } from '@tutti/core/testing'
import { type Change, type Row, SortedTable } from './sorted-table.ts'

/** A batch in the log of the database, handed to the operating system and not known to be on disk. */
interface LogRecord {
  readonly changes: readonly Change[]
  /**
   * `whole`: it is there. `doubtful`: its sync failed. `torn`: its write failed; when it is not there, what was written behind
   * it may not be found again either, synced or not.
   */
  state: 'whole' | 'doubtful' | 'torn'
}

export interface DatabaseHolder {
  /** The batch that was on its way into the log; `null` when there was none. */
  interrupted(): readonly Change[] | null
}

/** So many states of the past are kept, to go back to. */
const rememberedStates = 32

/** What one database has on disk, and in its log. */
export class SimulatedDatabase {
  /** It was made. */
  exists = false
  /** Who has it open: asked, when the process that has it is killed, for the batch it was writing at that moment. */
  holder: DatabaseHolder | null = null
  readonly #random: SeededRandom
  readonly #onEvent: (text: string) => void
  /** What a power cut leaves at least. */
  #durable = new SortedTable()
  #log: LogRecord[] = []
  readonly #past: SortedTable[] = []

  constructor(random: SeededRandom, onEvent: (text: string) => void) {
    this.#random = random
    this.#onEvent = onEvent
  }

  /** Makes of the log what opening makes of it, and that durable. Gives what the database holds. */
  recover(): SortedTable {
    this.exists = true
    this.#become(this.#log)
    return this.#durable.fork()
  }

  /** The batch is in the log. */
  log(changes: readonly Change[], state: LogRecord['state']): LogRecord {
    const record: LogRecord = { changes, state }
    this.#log.push(record)
    return record
  }

  /** Everything in the log is on disk. `table` is what it makes of what was there. */
  synced(table: SortedTable): void {
    // What is behind a torn record is no safer than that record.
    if (this.#log.some(({ state }) => state !== 'whole')) return
    this.compacted(table)
  }

  /** All of `table` is in tables of its own, and the log is not needed any more. */
  compacted(table: SortedTable): void {
    this.#remember()
    this.#durable = table.fork()
    this.#log = []
  }

  /** What was being written made it, or not. */
  kill(): void {
    const changes = this.holder?.interrupted() ?? null
    this.holder = null
    if (changes === null) return
    const landed = this.#random.chance(0.5)
    if (landed) this.log(changes, 'whole')
    this.#onEvent(`the batch that was being written ${landed ? 'made it' : 'did not make it'}`)
  }

  cutPower(): void {
    const count = this.#log.length
    const kept = this.#random.int(count + 1)
    if (kept < count) this.#onEvent(`the database lost ${count - kept} of the ${count} batches in its log`)
    this.#become(this.#log.slice(0, kept))
  }

  /** Flips a bit in some value; `null` when there is none. */
  rot(): Row | null {
    this.#become(this.#log)
    const rows = this.#durable.view()
    if (rows.length === 0) return null
    const row = this.#random.pick(rows)
    const { key } = row
    const value = row.value.slice()
    const at = this.#random.int(value.length)
    if (value.length > 0) value[at] = (value[at] as number) ^ (1 << this.#random.int(8))
    this.#durable.apply([{ key, value }])
    return row
  }

  /** Goes back to an older state, as a whole. Gives how many states were passed over, 0 when there is none to go back to. */
  rollBack(): number {
    this.#become(this.#log)
    if (this.#past.length === 0) return 0
    const steps = 1 + this.#random.int(this.#past.length)
    this.#durable = (this.#past.at(-steps) as SortedTable).fork()
    this.#past.length -= steps
    return steps
  }

  #become(records: readonly LogRecord[]) {
    this.#remember()
    for (const [i, { changes, state }] of records.entries()) {
      const landed = state === 'whole' || this.#random.chance(0.5)
      if (landed) this.#durable.apply(changes)
      if (state !== 'whole') this.#onEvent(`a refused batch ${landed ? 'is there all the same' : 'is not there'}`)
      if (!landed && state === 'torn' && i + 1 < records.length && this.#random.chance(0.5)) {
        this.#onEvent(`the ${records.length - i - 1} batches written behind a torn one are lost`)
        break
      }
    }
    this.#log = []
  }

  #remember() {
    if (this.#log.length === 0) return
    this.#past.push(this.#durable.fork())
    if (this.#past.length > rememberedStates) this.#past.shift()
  }
}
