import {
  type DocName,
  decodeAwareness,
  decodeStockMessage,
  encodeSyncStep1,
  encodeSyncStep2,
  type ErrorCode,
  errorReports,
  type Failure,
  mayDo,
  type StateVector,
  type StockMessage,
  TuttiError,
  unreachable,
} from '@tutti/core'
import { presentedUser } from '../access/presented-user.ts'
import type { Stay, Visitor } from '../access/stay.ts'
import { createReader, type Reader } from '../room/reader.ts'
import type { Room } from '../room/room.ts'
import { frame } from '../runtime/frame.ts'
import { answerSoon } from './open-document.ts'
import type { Peer, Session, SessionContext, SessionFacts } from './session.ts'
import { stockDialect } from './stock-dialect.ts'

/** y-websocket's word for a presence message that says nothing: the cheapest sign of life it understands. */
const beatFrame = frame(Uint8Array.of(1, 1, 0))

/**
 * A plain y-websocket client on one document (SPEC SES1, SES11, SES12). Its messages wait, unread, until the document is open:
 * nobody is ever told about an empty document that is merely not loaded yet.
 */
export class StockSession implements Session, Visitor {
  readonly dialect = 'stock'
  readonly #context: SessionContext
  readonly #peer: Peer
  readonly #doc: DocName
  #open: { readonly room: Room; readonly reader: Reader } | null = null
  #early: Uint8Array[] = []
  #hasEnded = false
  #wasDenied = false
  #stay: Stay | null = null

  constructor(context: SessionContext, peer: Peer, doc: DocName, token: string) {
    this.#context = context
    this.#peer = peer
    this.#doc = doc
    void this.#enter(token)
  }

  async #enter(token: string): Promise<void> {
    const { door, house } = this.#context
    try {
      const identity = await door.identify(token)
      if (this.#hasEnded) return
      if (identity === 'unauthorized') return this.#refuse(identity, 'the token is not valid')
      if (identity === 'internal') return this.#refuse(identity, 'nobody can be identified now')
      this.#stay = door.enter(identity, this)
      const permission = await door.permit(identity, this.#doc)
      if (permission === null || !mayDo('document.open', permission)) return this.#refuse('forbidden', 'not for you')
      const author = { subject: identity.subject, device: '', session: '' }
      const reader = createReader(this.#peer, stockDialect, author, permission, presentedUser(identity))
      const room = await house.join(this.#doc, reader)
      if (this.#hasEnded) return room.leave(reader)
      this.#open = { room, reader }
      this.#peer.write(frame(encodeSyncStep1(room.encodeStateVector())))
      if (this.#early.length === 0) return
      for (const message of this.#early.splice(0)) this.receive(message)
      this.#peer.resume()
    } catch (error) {
      const code = error instanceof TuttiError ? error.code : 'internal'
      this.#context.logger[errorReports[code].logLevel](
        { doc: this.#doc, code, error: String(error) },
        'a document could not be opened',
      )
      this.#refuse(code, 'the document cannot be opened now')
    }
  }

  /**
   * A peer that is not read ends only after its linger: older clients know no final close codes and would be back within
   * 100 ms, again and again.
   */
  #refuse(code: ErrorCode, message: string): void {
    this.#peer.pause()
    this.#peer.close(code, message)
    this.ended()
  }

  receive(message: Uint8Array): void {
    if (this.#hasEnded) return
    if (this.#open === null) {
      // One packet's worth is kept: more is not read before the document is there.
      if (this.#early.push(message.slice()) === 1) this.#peer.pause()
      return
    }
    const decoded = decodeStockMessage(message)
    if (decoded.ok) this.#obey(this.#open.room, this.#open.reader, decoded.value)
    else this.#peer.close(decoded.error.code, decoded.error.message)
  }

  #obey(room: Room, reader: Reader, message: StockMessage): void {
    switch (message.type) {
      case 'sync-step-1':
        return this.#answer(room, reader, message.stateVector)
      case 'sync-step-2':
        return this.#submit(room, reader, message.bytes, true)
      case 'update':
        return this.#submit(room, reader, message.bytes, false)
      case 'awareness': {
        if (!mayDo('awareness.say', reader.permission)) return
        const entries = decodeAwareness(message.bytes)
        if (entries.ok) room.presence.take(reader, entries.value)
        else this.#peer.close(entries.error.code, entries.error.message)
        return
      }
      case 'query-awareness':
        return room.presence.show(reader)
      case 'unknown':
        return
      default:
        return unreachable(message)
    }
  }

  #answer(room: Room, reader: Reader, stateVector: Uint8Array): void {
    const failed = answerSoon(room, reader, stateVector, this.#context.env.timers, known => {
      this.#tell(room, reader, known)
    })
    if (failed !== null) this.#peer.close(failed.code, failed.message)
  }

  #tell(room: Room, reader: Reader, known: StateVector): void {
    reader.known = known
    this.#peer.write(frame(encodeSyncStep2(room.diff(known))))
    if (reader.standing !== 'joining') return
    room.presence.show(reader)
    room.follow(reader, room.head)
    // What it said while it was joining may have been dropped: the store refused, and whoever joins is not asked.
    if (reader.holdsMore) this.#peer.write(frame(encodeSyncStep1(room.encodeStateVector())))
  }

  #submit(room: Room, reader: Reader, bytes: Uint8Array, resync: boolean): void {
    // No structs, and deletions it knows from us: the answer of a reader who changed nothing, and is denied nothing.
    if (resync && !mayDo('document.update', reader.permission) && bytes[0] === 0) return
    const submitted = room.submit(reader, bytes, 0, reader.cursor, resync)
    if (submitted.kind === 'refused') this.#refused(room, reader, submitted.failure)
  }

  /** A stock client cannot be told; what can be done depends on the reason (PROTOCOL, stock). */
  #refused(room: Room, reader: Reader, why: Failure): void {
    switch (why.code) {
      case 'missing-dependencies':
      case 'identity':
        // Ask once for everything; if that does not help, again when the document has moved on.
        if (!reader.holdsMore) this.#peer.write(frame(encodeSyncStep1(room.encodeStateVector())))
        reader.holdsMore = true
        return
      case 'read-only': {
        // Said once (SPEC SES9): the client's console is no place for a line with every keystroke.
        if (this.#wasDenied) return
        this.#wasDenied = true
        const denied = stockDialect.refused(room.channel, 0, why.code, why.message)
        if (denied !== null) this.#peer.write(denied)
        return
      }
      case 'malformed':
      case 'over-limit':
      case 'too-large':
        this.#context.logger.warn({ doc: this.#doc, code: why.code, why: why.message }, 'update refused')
        return this.#peer.close(why.code, why.message)
      default:
        reader.holdsMore = true
        return
    }
  }

  /** There is no word for it in this dialect: who comes again brings a newer token. */
  expiring(): void {}

  end(code: ErrorCode, message: string): void {
    this.#refuse(code, message)
  }

  async review(): Promise<void> {
    if (this.#open === null || this.#stay === null) return
    const { reader } = this.#open
    const permission = await this.#context.door.permit(this.#stay.identity, this.#doc)
    if (permission === null) return this.#refuse('forbidden', 'no longer for you')
    if (permission !== reader.permission) this.#wasDenied = false
    reader.permission = permission
  }

  drained(): void {
    if (this.#open !== null) this.#open.room.drained(this.#open.reader)
  }

  beat(): void {
    if (this.#open !== null) this.#peer.write(beatFrame)
  }

  drain(): void {
    this.#peer.close('draining', 'the server restarts')
  }

  facts(): SessionFacts {
    const subject = this.#open?.reader.author.subject ?? ''
    return { subject, device: '', documents: this.#open === null ? [] : [this.#doc] }
  }

  ended(): void {
    this.#hasEnded = true
    this.#early = []
    this.#context.door.leave(this.#stay)
    if (this.#open !== null) this.#open.room.leave(this.#open.reader)
  }
}
