import { type Author, err, type Failure, failure, ok, type Result, type Seq } from '@tutti/core'
import { nativeDialect } from '../../session/native-dialect.ts'
import type { Dialect } from '../../room/dialect.ts'
import { createReader, type Reader } from '../../room/reader.ts'
import type { Room } from '../../room/room.ts'

/**
 * Puts one edit into a room, as any other connection would, and resolves when it is durable: with the position up to which
 * everything is on disk, this edit too. Whoever asks comes in, hears what became of their edit, and leaves.
 */
export function submitOnce(room: Room, author: Author, update: Uint8Array): Promise<Result<Seq, Failure>> {
  return new Promise(resolve => {
    const visitor = visitorOf(author, outcome => {
      room.leave(visitor)
      resolve(outcome)
    })
    room.join(visitor)
    const submitted = room.submit(visitor, update, 1, room.head, false)
    if (submitted.kind === 'taken') return
    room.leave(visitor)
    resolve(err(submitted.failure))
  })
}

/** Initial content for an empty document: the position once it is durable, or why it was not taken. */
export function seedOnce(room: Room, author: Author, update: Uint8Array): Promise<Result<Seq, Failure>> {
  return new Promise(resolve => {
    const visitor = visitorOf(author, () => {})
    room.join(visitor)
    room.seed(visitor, update, taken => {
      room.leave(visitor)
      resolve(taken ? ok(room.head) : err(failure('not-empty', 'the document has content')))
    })
  })
}

function visitorOf(author: Author, hear: (outcome: Result<Seq, Failure>) => void): Reader {
  const nothing = new Uint8Array(0)
  // It is never shown anything, since it is never served: all it is told is what became of its edit.
  const dialect: Dialect = {
    ...nativeDialect,
    ack(_channel, _counter, seq) {
      hear(ok(seq as Seq))
      return null
    },
    refused(_channel, _counter, code, message) {
      hear(err(failure(code, message)))
      return null
    },
    received: () => null,
    closed(_channel, code, message) {
      hear(err(failure(code, message)))
      return nothing
    },
  }
  const wire = { hasRoom: false, write() {}, fail() {}, challenge() {} }
  return createReader(wire, dialect, author, 'write', null)
}
