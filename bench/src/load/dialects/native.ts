import type { Dialect, DialectClient, DialectEvents } from '../dialect.ts'
import { Cursor, message, varUintBytes, writeVarUint } from '../varint.ts'

/** First bytes of the messages spoken here; PROTOCOL.md has them all. */
const hello = 1
const open = 3
const update = 5
const beat = 10
const welcome = 64
const opened = 65
const openRefused = 66
const state = 67
const piece = 68
const push = 69
const ack = 70
const refused = 72
const bye = 78

const version = 1
const nothing = Buffer.alloc(0)
const emptyUpdate = Buffer.of(0, 0)
const cursor = new Cursor()
let sessions = 0

/** One document on one native connection: one channel, edits counted from 1, position taken from what the server says. */
class NativeClient implements DialectClient {
  readonly beatMs: number = 20_000
  readonly #document: string
  #channel = 0
  #counter = 0
  #position = 0
  #missing = 0
  #open: Uint8Array = nothing
  #pieces: Buffer[] = []
  #stateVector: Buffer = nothing

  constructor(document: string) {
    this.#document = document
  }

  opening(stateVector: Uint8Array): readonly Uint8Array[] {
    sessions += 1
    const session = `bench-${process.pid}-${sessions}`
    this.#open = message(open, 1, this.#document, '', 0, stateVector, sessions)
    return [message(hello, version, `device-${process.pid}`, session, 'bench', '')]
  }

  update(bytes: Uint8Array): Uint8Array {
    return this.#edit(bytes, 0)
  }

  /** Only what the server lacks is sent, and it lacks nothing when there is nothing to send. */
  answer(bytes: Uint8Array): Uint8Array | undefined {
    return bytes.length <= emptyUpdate.length ? undefined : this.#edit(bytes, 1)
  }

  beat(): Uint8Array {
    return Uint8Array.of(beat)
  }

  read(events: DialectEvents, bytes: Buffer, start: number, end: number): void {
    cursor.set(bytes, start)
    const tag = cursor.varUint()
    if (tag === push) {
      cursor.varUint()
      cursor.varUint()
      this.#position = cursor.varUint()
      events.onUpdate(bytes, cursor.at, end)
    } else if (tag === ack) {
      cursor.varUint()
      const counter = cursor.varUint()
      cursor.varUint()
      this.#position = cursor.varUint()
      events.onDurable(counter)
    } else if (tag === welcome) {
      events.reply(this.#open)
    } else if (tag === opened) {
      cursor.varUint()
      this.#channel = cursor.varUint()
    } else if (tag === state) {
      this.#readState(events, bytes, end)
    } else if (tag === piece) {
      cursor.varUint()
      this.#readPiece(events, Buffer.from(bytes.subarray(cursor.at, end)))
    } else if (tag === openRefused || tag === refused || tag === bye) {
      throw new Error(`${this.#document}: the server said ${bytes.toString('latin1', start, end)}`)
    }
  }

  #readState(events: DialectEvents, bytes: Buffer, end: number): void {
    cursor.varUint()
    this.#position = cursor.varUint()
    this.#missing = cursor.varUint()
    const digest = cursor.varUint()
    this.#stateVector = Buffer.from(bytes.subarray(cursor.at + digest, end))
    if (this.#missing === 0) this.#finish(events, emptyUpdate)
  }

  #readPiece(events: DialectEvents, bytes: Buffer): void {
    this.#pieces.push(bytes)
    this.#missing -= bytes.length
    if (this.#missing > 0) return
    const whole = this.#pieces.length === 1 ? bytes : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#finish(events, whole)
  }

  #finish(events: DialectEvents, whole: Buffer): void {
    events.onSyncAnswer(whole, 0, whole.length)
    events.onServerStateVector(this.#stateVector, 0, this.#stateVector.length)
  }

  #edit(bytes: Uint8Array, resync: 0 | 1): Uint8Array {
    this.#counter += 1
    const head = 2 + varUintBytes(this.#channel) + varUintBytes(this.#counter) + varUintBytes(this.#position)
    const out = Buffer.allocUnsafe(head + bytes.length)
    out[0] = update
    let at = writeVarUint(out, 1, this.#channel)
    at = writeVarUint(out, at, this.#counter)
    at = writeVarUint(out, at, this.#position)
    out[at] = resync
    out.set(bytes, at + 1)
    return out
  }
}

/** Tutti's own wire, one document on each connection so that it compares with the stock one. */
export const native: Dialect = {
  id: 'native',
  saysDurable: true,
  subprotocol: 'tutti.1',
  path: () => '/',
  client: document => new NativeClient(document),
}
