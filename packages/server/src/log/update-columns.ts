import { equalBytes } from '@tutti/core'
import { ByteColumn, ByteReader } from './byte-columns.ts'

// Most updates are one keystroke: a string item next to the one before, or a deletion, or both. Told field by field, as
// differences from what the update before lets one expect, such an update is mostly zeros, and zeros compress to nothing.
// Whatever is not of that shape is kept as it is. Reading gives back every byte: `add` rebuilds each update and keeps it
// raw when the result differs.

const raw = 255
const hasItem = 1
const hasOrigin = 2
const hasRightOrigin = 4
const hasDeletes = 8

/** lib0 / Yjs V1: the kind of content of an item that is a string, and the flags of its origins. */
const stringContent = 4
const originFlag = 128
const rightOriginFlag = 64

export const updateColumnCount = 15

interface Update {
  shape: number
  client: number
  clock: number
  originClient: number
  originClock: number
  rightClient: number
  rightClock: number
  text: Uint8Array
  deleteClient: number
  /** Pairs of clock and length. */
  deletes: number[]
}

/** What one update lets expect of the next. The same on both sides. */
class Expectations {
  readonly clients: number[] = []
  readonly #indexes = new Map<number, number>()
  readonly clocks: number[] = []
  rightClient = 0
  rightClock = 0
  deleteClock = 0

  /** Index of a client, or -1. */
  find(client: number): number {
    return this.#indexes.get(client) ?? -1
  }

  know(client: number): number {
    let index = this.find(client)
    if (index < 0) {
      index = this.clients.push(client) - 1
      this.#indexes.set(client, index)
      this.clocks.push(0)
    }
    return index
  }
}

export class UpdateColumns {
  readonly columns: readonly ByteColumn[] = Array.from({ length: updateColumnCount }, () => new ByteColumn())
  readonly #expect = new Expectations()
  readonly #rebuilt = new ByteColumn()

  add(bytes: Uint8Array): void {
    const [shape, , , , , , , , , , , , , rawLength, rawBytes] = this.columns as ByteColumn[]
    const update = parseUpdate(bytes)
    if (update !== null) {
      this.#rebuilt.clear()
      buildUpdate(update, this.#rebuilt)
      if (equalBytes(this.#rebuilt.bytes(), bytes)) return this.#addRegular(update)
    }
    shape?.byte(raw)
    rawLength?.varint(bytes.length)
    rawBytes?.put(bytes)
  }

  #addRegular(update: Update) {
    const [shape, client, clock, originClient, originClock, rightClient, rightClock, textLength, text] = this
      .columns as [
      ByteColumn,
      ByteColumn,
      ByteColumn,
      ByteColumn,
      ByteColumn,
      ByteColumn,
      ByteColumn,
      ByteColumn,
      ByteColumn,
    ]
    const [, , , , , , , , , deleteClient, deleteCount, deleteClock, deleteLength] = this.columns as ByteColumn[]
    const expect = this.#expect
    const putClient = (column: ByteColumn | undefined, id: number) => {
      const index = expect.find(id)
      // 0 introduces a client, in full.
      column?.varint(index + 1)
      if (index < 0) {
        column?.varint(id)
        expect.know(id)
      }
    }
    shape.byte(update.shape)
    if (update.shape & hasItem) {
      putClient(client, update.client)
      const index = expect.know(update.client)
      clock.signed(update.clock - (expect.clocks[index] as number))
      expect.clocks[index] = update.clock + textUnits(update.text)
      if (update.shape & hasOrigin) {
        putClient(originClient, update.originClient)
        originClock.signed(update.originClock - (update.clock - 1))
      }
      if (update.shape & hasRightOrigin) {
        putClient(rightClient, update.rightClient)
        rightClock.signed(update.rightClock - expect.rightClock)
        expect.rightClock = update.rightClock
      }
      textLength.varint(update.text.length)
      text.put(update.text)
    }
    if (update.shape & hasDeletes) {
      putClient(deleteClient, update.deleteClient)
      deleteCount?.varint(update.deletes.length / 2)
      for (let i = 0; i < update.deletes.length; i += 2) {
        deleteClock?.signed((update.deletes[i] as number) - expect.deleteClock)
        deleteLength?.varint(update.deletes[i + 1] as number)
        expect.deleteClock = update.deletes[i] as number
      }
    }
  }
}

export class UpdateColumnsReader {
  readonly #columns: readonly ByteReader[]
  readonly #expect = new Expectations()
  readonly #built = new ByteColumn()

  constructor(columns: readonly Uint8Array[]) {
    this.#columns = columns.map(bytes => new ByteReader(bytes))
  }

  get failed(): boolean {
    return this.#columns.some(column => column.failed)
  }

  next(): Uint8Array {
    const columns = this.#columns
    const at = (index: number) => columns[index] as ByteReader
    const expect = this.#expect
    const shape = at(0).byte()
    if (shape === raw) return at(14).take(at(13).varint()).slice()
    const getClient = (column: number) => {
      const index = at(column).varint() - 1
      if (index >= 0) return expect.clients[index] ?? 0
      const id = at(column).varint()
      expect.know(id)
      return id
    }
    const update = emptyUpdate(shape)
    if (shape & hasItem) {
      update.client = getClient(1)
      const index = expect.know(update.client)
      update.clock = (expect.clocks[index] as number) + at(2).signed()
      if (shape & hasOrigin) {
        update.originClient = getClient(3)
        update.originClock = update.clock - 1 + at(4).signed()
      }
      if (shape & hasRightOrigin) {
        update.rightClient = getClient(5)
        update.rightClock = expect.rightClock + at(6).signed()
        expect.rightClock = update.rightClock
      }
      update.text = at(8).take(at(7).varint())
      expect.clocks[index] = update.clock + textUnits(update.text)
    }
    if (shape & hasDeletes) {
      update.deleteClient = getClient(9)
      const count = at(10).varint()
      for (let i = 0; i < count && !at(11).failed; i++) {
        expect.deleteClock += at(11).signed()
        update.deletes.push(expect.deleteClock, at(12).varint())
      }
    }
    this.#built.clear()
    buildUpdate(update, this.#built)
    return this.#built.bytes().slice()
  }
}

function emptyUpdate(shape: number): Update {
  return {
    shape,
    client: 0,
    clock: 0,
    originClient: 0,
    originClock: 0,
    rightClient: 0,
    rightClock: 0,
    text: new Uint8Array(0),
    deleteClient: 0,
    deletes: [],
  }
}

/** `null` for whatever is not of the regular shape. May misread what is not an update at all: the caller compares. */
function parseUpdate(bytes: Uint8Array): Update | null {
  const reader = new ByteReader(bytes)
  const update = emptyUpdate(0)
  const blocks = reader.varint()
  if (blocks > 1) return null
  if (blocks === 1) {
    if (reader.varint() !== 1) return null
    update.shape |= hasItem
    update.client = number(reader)
    update.clock = number(reader)
    const info = reader.byte()
    if ((info & 63) !== stringContent || info < rightOriginFlag) return null
    if (info & originFlag) {
      update.shape |= hasOrigin
      update.originClient = number(reader)
      update.originClock = number(reader)
    }
    if (info & rightOriginFlag) {
      update.shape |= hasRightOrigin
      update.rightClient = number(reader)
      update.rightClock = number(reader)
    }
    update.text = reader.take(reader.varint())
  }
  const deleters = reader.varint()
  if (deleters > 1) return null
  if (deleters === 1) {
    update.shape |= hasDeletes
    update.deleteClient = number(reader)
    const count = reader.varint()
    for (let i = 0; i < count && !reader.failed; i++) update.deletes.push(number(reader), number(reader))
  }
  return reader.failed || reader.left > 0 ? null : update
}

/** Far above any real clock; of larger numbers a difference could lose its last digit, so they are kept as they are. */
const largestNumber = 2 ** 50

function number(reader: ByteReader): number {
  const value = reader.varint()
  if (value > largestNumber) reader.failed = true
  return value
}

function buildUpdate(update: Update, target: ByteColumn) {
  const { shape } = update
  target.varint(shape & hasItem ? 1 : 0)
  if (shape & hasItem) {
    target.varint(1)
    target.varint(update.client)
    target.varint(update.clock)
    target.byte(stringContent | (shape & hasOrigin ? originFlag : 0) | (shape & hasRightOrigin ? rightOriginFlag : 0))
    if (shape & hasOrigin) {
      target.varint(update.originClient)
      target.varint(update.originClock)
    }
    if (shape & hasRightOrigin) {
      target.varint(update.rightClient)
      target.varint(update.rightClock)
    }
    target.varint(update.text.length)
    target.put(update.text)
  }
  target.varint(shape & hasDeletes ? 1 : 0)
  if (shape & hasDeletes) {
    target.varint(update.deleteClient)
    target.varint(update.deletes.length / 2)
    for (const number of update.deletes) target.varint(number)
  }
}

/** UTF-16 units of UTF-8: what Yjs counts clocks in. Only used to guess the next clock. */
function textUnits(text: Uint8Array): number {
  let units = 0
  for (const byte of text) if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1
  return units
}
