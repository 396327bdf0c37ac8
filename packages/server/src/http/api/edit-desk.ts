import { type Author, type DocName, type Env, type Epoch, type Failure, type Result, type Seq } from '@tutti/core'
import type { Identity } from '../../access/authorize.ts'
import type { Content, PatchKind } from '../../content/content.ts'
import type { House } from '../../room/house.ts'
import type { Room } from '../../room/room.ts'
import { ApiError } from './problem.ts'
import { seedOnce, submitOnce } from './visit.ts'

/** Yjs client ids are below 2^32. */
const clientIds = 2 ** 32

/** So many edits of one document may wait for their turn; more are told to come again. */
const maxWaiting = 64

/** So many client ids are remembered; a forgotten one costs a document one more. */
const rememberedClients = 10_000

interface Turn {
  readonly last: Promise<unknown>
  readonly waiting: number
}

export interface Edited {
  /** Everything up to here is on disk, and the edit is among it. */
  readonly seq: Seq
  readonly changed: boolean
}

/** What an edit is to be put on, where that was said. */
export type Expected = (room: Room) => void

/**
 * Edits that come over HTTP: what a patch changes is worked out elsewhere, from what is durable, and then goes the way of
 * every other edit (SPEC API6). Those of one document are made one after the other, so a `test` in a patch holds against all of them.
 */
export class EditDesk {
  readonly #house: House
  readonly #content: Content
  readonly #env: Env
  readonly #turns = new Map<DocName, Turn>()
  readonly #clients = new Map<string, number>()

  constructor(house: House, content: Content, env: Env) {
    this.#house = house
    this.#content = content
    this.#env = env
  }

  patch(doc: DocName, who: Identity, kind: PatchKind, patch: Uint8Array, expected: Expected): Promise<Edited> {
    return this.#inTurn(doc, async () => {
      const room = await openBorn(this.#house, doc)
      expected(room)
      const state = room.diff()
      const client = this.#clientOf(doc, who)
      const worked = await this.#content.patch({ state, kind, patch, client })
      if (!worked.ok) throw new ApiError(worked.error.code, worked.error.message)
      if (worked.value === null) return { seq: room.head, changed: false }
      const now = await this.#same(doc, room.epoch)
      expected(now)
      return { seq: this.#sure(doc, who, await submitOnce(now, authorOf(who), worked.value)), changed: true }
    })
  }

  /** Makes a document of a Yjs update. */
  create(doc: DocName, who: Identity, update: Uint8Array): Promise<Edited> {
    return this.#inTurn(doc, async () => {
      const room = await this.#house.open(doc)
      if (room.isBorn) throw new ApiError('not-empty', 'the document has content')
      return { seq: this.#sure(doc, who, await seedOnce(room, authorOf(who), update)), changed: true }
    })
  }

  /** Makes a document of JSON. */
  async createOf(doc: DocName, who: Identity, json: Uint8Array): Promise<Edited> {
    const seed = await this.#content.seed({ json, client: this.#clientOf(doc, who) })
    if (!seed.ok) throw new ApiError(seed.error.code, seed.error.message)
    if (seed.value.length <= 2) throw new ApiError('bad-content', 'a document is made of something')
    return this.create(doc, who, seed.value)
  }

  async #same(doc: DocName, epoch: Epoch): Promise<Room> {
    const room = await this.#house.open(doc)
    if (room.epoch !== epoch) throw new ApiError('epoch-mismatch', 'the document is another one by now')
    return room
  }

  /** After a failure nobody knows what came of a client id's clock: the next edit has another. */
  #sure(doc: DocName, who: Identity, outcome: Result<Seq, Failure>): Seq {
    if (outcome.ok) return outcome.value
    this.#clients.delete(clientKey(doc, who))
    throw new ApiError(outcome.error.code, outcome.error.message)
  }

  /** One client id a person, document and process: an id is one person's (SPEC ROOM6), and stays in the document for ever. */
  #clientOf(doc: DocName, who: Identity): number {
    const key = clientKey(doc, who)
    const known = this.#clients.get(key)
    if (known !== undefined) return known
    const [oldest] = this.#clients.keys()
    if (oldest !== undefined && this.#clients.size >= rememberedClients) this.#clients.delete(oldest)
    const client = Math.floor(this.#env.random.next() * clientIds)
    this.#clients.set(key, client)
    return client
  }

  #inTurn<T>(doc: DocName, run: () => Promise<T>): Promise<T> {
    const { last, waiting } = this.#turns.get(doc) ?? { last: Promise.resolve(), waiting: 0 }
    if (waiting >= maxWaiting) throw new ApiError('too-many', 'too many edits of this document wait; come again soon')
    const turn = last.then(run, run)
    this.#turns.set(doc, { last: turn, waiting: waiting + 1 })
    const leave = () => {
      const now = this.#turns.get(doc)
      if (now === undefined || now.last === turn) this.#turns.delete(doc)
      else this.#turns.set(doc, { ...now, waiting: now.waiting - 1 })
    }
    turn.then(leave, leave)
    return turn
  }
}

/** Opens a document that is there. Throws `not-found` where nobody ever wrote one, and leaves nothing of that in memory. */
export async function openBorn(house: House, doc: DocName): Promise<Room> {
  const room = await house.open(doc)
  if (room.isBorn || room.isDamaged) return room
  house.release(room)
  throw new ApiError('not-found', 'there is no such document')
}

/** Names have no control characters. */
function clientKey(doc: DocName, { subject }: Identity): string {
  return `${doc}\n${subject}`
}

function authorOf({ subject }: Identity): Author {
  return { subject, device: '', session: 'http' }
}
