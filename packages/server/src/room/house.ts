import { type DocName, type Env, failure, type Finding, type Millis, type UpdateLog } from '@tutti/core'
import { Counts } from '../runtime/counts.ts'
import type { Logger } from '../runtime/logger.ts'
import { loadRoom } from './load-room.ts'
import type { Reader } from './reader.ts'
import type { Room } from './room.ts'
import { StoreHealth } from './store-health.ts'

export interface HouseOptions {
  readonly log: UpdateLog
  readonly env: Env
  readonly logger: Logger
  /** A room nobody has open is let go after this long. */
  readonly idleMs: Millis
}

const damagedText = 'a document is damaged: it can be read, not written'

/** All open documents: one room each, one load at a time for each. */
export class House {
  readonly health: StoreHealth
  readonly log: UpdateLog
  readonly counts: Counts = new Counts()
  readonly #env: Env
  readonly #logger: Logger
  readonly #idleMs: Millis
  readonly #rooms = new Map<DocName, Room>()
  readonly #loading = new Map<DocName, Promise<Room>>()
  /** Rooms that were ended and still write: nobody else may write their documents meanwhile. */
  readonly #ending = new Map<DocName, Promise<void>>()
  #channels = 0
  readonly #damaged = (finding: Finding): void => {
    this.#logger.error({ doc: finding.doc, finding }, damagedText)
  }

  constructor(options: HouseOptions) {
    this.log = options.log
    this.#env = options.env
    this.#logger = options.logger
    this.#idleMs = options.idleMs
    this.health = new StoreHealth(options.log, options.env, options.logger)
    this.health.onChange(available => {
      if (available) for (const room of this.#rooms.values()) room.storeRecovered()
    })
  }

  /** The room of a document that is open already. */
  get(doc: DocName): Room | undefined {
    return this.#rooms.get(doc)
  }

  rooms(): Iterable<Room> {
    return this.#rooms.values()
  }

  /** Opens a document; callers of one turn, and those who come while it loads, share the load. */
  open(doc: DocName): Promise<Room> {
    const open = this.#rooms.get(doc)
    if (open !== undefined) {
      open.touch()
      return Promise.resolve(open)
    }
    let loading = this.#loading.get(doc)
    if (loading === undefined) {
      const ending = this.#ending.get(doc)
      loading = ending === undefined ? this.#load(doc) : ending.then(() => this.#load(doc))
      this.#loading.set(doc, loading)
    }
    return loading
  }

  /** Opens a document and joins it, as one step: the room cannot be let go in between. */
  async join(doc: DocName, reader: Reader): Promise<Room> {
    for (;;) {
      const room = this.#rooms.get(doc) ?? (await this.open(doc))
      if (this.#rooms.get(doc) !== room) continue
      room.join(reader)
      return room
    }
  }

  async #load(doc: DocName): Promise<Room> {
    const started = this.#env.clock.ticks()
    let room: Room
    try {
      room = await loadRoom(doc, ++this.#channels, this.log, this.health, this.#env, this.counts, this.#damaged)
      this.#rooms.set(doc, room)
    } finally {
      this.#loading.delete(doc)
    }
    const ms = Math.round(this.#env.clock.ticks() - started)
    const facts = { doc, head: room.head, ms, findings: room.findings }
    if (room.findings.length > 0) this.#logger.error(facts, damagedText)
    else this.#logger.debug(facts, 'document opened')
    return room
  }

  /** Ends the room of a document that was deleted, for everybody who has it open. Resolves when it writes no more. */
  async end(doc: DocName): Promise<void> {
    const loading = this.#loading.get(doc)
    if (loading !== undefined) await loading.catch(() => undefined)
    const room = this.#rooms.get(doc)
    if (room === undefined) return this.#ending.get(doc)
    this.#rooms.delete(doc)
    room.end({ ...failure('deleted', 'the document was deleted'), code: 'deleted' })
    const ending = this.#written(() => [room])
    this.#ending.set(doc, ending)
    await ending
    this.#ending.delete(doc)
  }

  /** Lets go of rooms that nobody has had open for a while. Never of one with something not yet durable. */
  sweep(): void {
    const now = this.#env.clock.ticks()
    for (const room of this.#rooms.values()) {
      const since = room.idleSince
      if (since !== null && now - since >= this.#idleMs) this.#letGo(room)
    }
  }

  /** Lets go of one room at once, if nobody has it open: it was only wanted for a moment. */
  release(room: Room): void {
    if (room.idleSince !== null) this.#letGo(room)
  }

  #letGo(room: Room): void {
    room.close()
    this.#rooms.delete(room.doc)
  }

  /** Resolves when everything accepted is durable or refused. */
  async settled(): Promise<void> {
    await this.#written(() => this.#rooms.values())
    await Promise.all(this.#ending.values())
  }

  async #written(rooms: () => Iterable<Room>): Promise<void> {
    while ([...rooms()].some(room => room.isWriting)) {
      await new Promise<void>(resolve => this.#env.timers.after(1, resolve))
    }
  }

  close(): void {
    this.health.close()
    for (const room of this.#rooms.values()) room.close()
    this.#rooms.clear()
  }
}
