import type { Mutant } from './mutant.ts'

/** Bugs between the room and the wire: who is sent what, from where on. */
export const sessionMutants: readonly Mutant[] = [
  {
    name: 'taken-after-a-refusal',
    what: 'edits behind a refused one are taken without a resync, and acknowledged with it',
    file: 'packages/server/src/session/native-session.ts',
    find: 'else if (reader.ignoring) return',
    replace: 'else if (reader.ignoring && false) return',
    foundAt: 215,
  },
  {
    name: 'drain-acknowledges',
    what: 'a server that stops acknowledges what it has accepted',
    file: 'packages/server/src/session/native-session.ts',
    find: "this.#bye('draining', 'the server restarts', afterMs, jitterMs)",
    replace: `for (const { room, reader } of this.#channels.values()) {
      this.#peer.write(reader.dialect.ack(room.channel, reader.counter, room.head, reader.cursor))
    }
    this.#bye('draining', 'the server restarts', afterMs, jitterMs)`,
    foundAt: 116,
  },
  {
    name: 'dropped-for-want-of-room',
    what: 'a reader whose socket is full is moved on without what it missed',
    file: 'packages/server/src/room/fan-out.ts',
    find: "reader.standing = 'behind'",
    replace: 'reader.cursor = room.head',
    foundAt: 66,
  },
  {
    name: 'catch-up-skips',
    what: 'the last entry of a step from the log is left out, and counts as sent',
    file: 'packages/server/src/room/catch-up.ts',
    find: 'entries.length === 0 ? null : spliceStored(entries)',
    replace: 'entries.length === 0 ? null : spliceStored(entries.length > 1 ? entries.slice(0, -1) : entries)',
    foundAt: 66,
  },
  {
    name: 'joined-too-late',
    what: 'a joiner misses what became durable while its pieces were made',
    file: 'packages/server/src/session/open-document.ts',
    find: 'serve(room, reader, known.value, tail ?? (room.head === 0 ? noBytes : room.diff(known.value)))',
    replace: `const early = tail ?? (room.head === 0 ? noBytes : room.diff(known.value).slice())
    context.env.timers.after(20, () => serve(room, reader, known.value, early))`,
    foundAt: 1,
  },
  {
    name: 'author-of-one-owns-all',
    what: 'whoever wrote the first edit of a batch is not shown the others',
    file: 'packages/server/src/room/fan-out.ts',
    find: 'update === null || (reader === first && tell === null)',
    replace: 'update === null || (reader !== null && tell === null)',
    foundAt: 91,
  },
]
