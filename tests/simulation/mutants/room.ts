import type { Mutant } from './mutant.ts'

const room = 'packages/server/src/room/room.ts'
const accepted = 'packages/core/src/document/accepted-state.ts'

/** Bugs on the way of an edit: store, then show, then say so. */
export const roomMutants: readonly Mutant[] = [
  {
    name: 'ack-before-append',
    what: 'edits are shown and acknowledged while their append is under way',
    file: 'packages/server/src/room/writing.ts',
    find: 'const refusal = await this.#append(batch)',
    replace: `const refusal = null
    void this.#append(batch)`,
    foundAt: 1,
  },
  {
    name: 'shown-when-accepted',
    what: 'readers are shown an edit as soon as it is accepted',
    file: room,
    find: 'this.#state.accept(own)',
    replace: `this.#state.accept(own)
    for (const other of this.#readers) {
      if (other === reader || other.standing !== 'current') continue
      other.wire.write(other.dialect.push(this.channel, this.#head + 1, this.#head, own.scan.bytes))
    }`,
    foundAt: 1,
  },
  {
    name: 'joiners-see-accepted',
    what: 'those who join are sent what is accepted and not durable yet',
    file: accepted,
    find: 'const { sections, structs } = update.scan',
    replace: `this.durable.add(update)
    const { sections, structs } = update.scan`,
    foundAt: 6,
  },
  {
    name: 'duplicate-acked-in-flight',
    what: 'an edit that is known is acknowledged while the original is still being written',
    file: room,
    find: 'if (this.isWriting) this.#writing.push({ reader, counter, update: null',
    replace: 'if (false) this.#writing.push({ reader, counter, update: null',
    foundAt: 146,
  },
  {
    name: 'part-acknowledged',
    what: 'of an edit only a part could be taken, and all of it is acknowledged',
    file: room,
    find: 'intake.left === null ? counter : 0',
    replace: 'counter',
    foundAt: 8,
  },
  {
    name: 'lost-stays-accepted',
    what: 'what could not be stored goes on counting as known',
    file: room,
    find: 'this.#state.forget()',
    replace: '',
    foundAt: 10,
  },
  {
    name: 'refusal-not-told',
    what: 'nobody hears that an edit was refused',
    file: room,
    find: 'const frame = reader.dialect.refused(this.channel, counter, why.code, why.message)',
    replace: 'const frame = null',
    foundAt: 8,
  },
  {
    name: 'written-room-let-go',
    what: 'a room is let go while it is writing',
    file: room,
    find: 'this.#readers.size === 0 && !this.isWriting ?',
    replace: 'this.#readers.size === 0 ?',
    foundAt: 2080,
  },
  {
    name: 'stock-not-asked-again',
    what: 'plain clients keep for themselves what a store refused',
    file: room,
    find: 'storeRecovered(): void {',
    replace: `storeRecovered(): void {
    return`,
    foundAt: 94,
  },
  {
    name: 'epoch-anew',
    what: 'a document gets a new epoch each time it is loaded',
    file: 'packages/server/src/room/load-room.ts',
    find: 'epoch: opened.epoch,',
    replace: 'epoch: null,',
    foundAt: 37,
  },
  {
    name: 'seeded-twice',
    what: 'initial content is taken by a document that has content',
    file: room,
    find: 'const isEmpty = this.#head === 0 && !this.isWriting && this.#state.durable.isEmpty',
    replace: 'const isEmpty = true',
    foundAt: 79,
  },
  {
    name: 'position-over-a-gap',
    what: 'who is acknowledged is told a position although pieces before it still wait for room',
    file: 'packages/server/src/room/room.ts',
    find: 'reader.pieces.length === 0 ? reader.cursor : 0',
    replace: 'reader.cursor',
    foundAt: 2555,
  },
]
