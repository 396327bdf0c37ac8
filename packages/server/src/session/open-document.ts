import {
  type Author,
  type ClientMessage,
  decodeStateVector,
  errorReports,
  type Failure,
  failure,
  isSeq,
  mayDo,
  noBytes,
  parseDocName,
  parseEpoch,
  protocolLimits,
  type StateVector,
  type Timers,
  TuttiError,
} from '@tutti/core'
import type { Identity } from '../access/authorize.ts'
import { presentedUser } from '../access/presented-user.ts'
import { createReader, type Reader } from '../room/reader.ts'
import { readAhead, upToHead } from '../room/read-ahead.ts'
import type { Room } from '../room/room.ts'
import { framed, nativeDialect, told } from './native-dialect.ts'
import type { Peer, SessionContext } from './session.ts'

export type OpenRequest = ClientMessage & { readonly type: 'open' }

/**
 * Opens a document for a connection: may they, is it the same document they know, and what do they lack (SPEC SES5, SES6,
 * ROOM9)? Writes `opened`, `state` and the pieces; returns the channel, or why not.
 */
export async function openDocument(
  context: SessionContext,
  peer: Peer,
  identity: Identity,
  author: Author,
  request: OpenRequest,
): Promise<{ room: Room; reader: Reader } | Failure> {
  const doc = parseDocName(request.doc)
  if (!doc.ok) return failure('bad-name', doc.error)
  const known = decodeStateVector(request.stateVector)
  if (!known.ok) return known.error
  const epoch = request.epoch === '' ? null : parseEpoch(request.epoch)
  if (epoch !== null && !epoch.ok) return failure('bad-message', epoch.error)
  try {
    const permission = await context.door.permit(identity, doc.value)
    if (permission === null || !mayDo('document.open', permission)) return failure('forbidden', 'not for you')
    const reader = createReader(peer, nativeDialect, author, permission, presentedUser(identity))
    const room = await context.house.join(doc.value, reader)
    if (epoch?.ok) {
      // A document that was removed for good is not to come back from a copy.
      if (room.isBorn || !(await context.house.log.wasRemoved(epoch.value))) room.adoptEpoch(epoch.value)
      if (room.epoch !== epoch.value) {
        room.leave(reader)
        return failure('epoch-mismatch', room.epoch)
      }
    }
    if (request.client > 0) room.leases.claim(request.client, reader)
    const position = epoch?.ok && !room.isDamaged ? request.position : 0
    const read = position > 0 && isSeq(position) ? await readAhead(room, context.house.log, position) : null
    // From here on nothing is awaited: head, digest and pieces are of one moment.
    peer.write(
      framed({
        type: 'opened',
        request: request.request,
        channel: room.channel,
        epoch: room.epoch,
        permission: told(permission),
      }),
    )
    const tail = read === null ? null : upToHead(room, read)
    serve(room, reader, known.value, tail ?? (room.head === 0 ? noBytes : room.diff(known.value)))
    room.presence.show(reader)
    return { room, reader }
  } catch (error) {
    const code = error instanceof TuttiError ? error.code : 'internal'
    context.logger[errorReports[code].logLevel](
      { doc: doc.value, code, error: String(error) },
      'a document could not be opened',
    )
    return failure(code, 'the document cannot be opened now')
  }
}

/** A client whose digest differs is sent everything its vector lacks, and the whole delete set. */
export function reconcile(room: Room, reader: Reader, stateVector: Uint8Array, timers: Timers): Failure | null {
  return answerSoon(room, reader, stateVector, timers, known => {
    reader.pieces.length = 0
    serve(room, reader, known, room.diff(known))
  })
}

/**
 * An answer can be as large as the document, and a question a few bytes: one is made a turn, to the newest question, so
 * that nobody can keep the others waiting by asking (SPEC SES6).
 */
export function answerSoon(
  room: Room,
  reader: Reader,
  stateVector: Uint8Array,
  timers: Timers,
  answer: (known: StateVector) => void,
): Failure | null {
  const known = decodeStateVector(stateVector)
  if (!known.ok) return known.error
  const isDue = reader.asked !== null
  reader.asked = known.value
  if (isDue) return null
  timers.soon(() => {
    const { asked } = reader
    reader.asked = null
    if (asked !== null && room.readers.has(reader)) answer(asked)
  })
  return null
}

/** Says where the document stands, and leaves `bytes` to be written as the socket takes them. */
function serve(room: Room, reader: Reader, known: StateVector, bytes: Uint8Array): void {
  reader.known = known
  reader.wire.write(
    framed({
      type: 'state',
      channel: room.channel,
      // What is left of a damaged document is not everything up to any position (SPEC ROOM11).
      head: room.isDamaged ? 0 : room.head,
      total: bytes.length,
      digest: room.digest(),
      stateVector: room.encodeStateVector(),
    }),
  )
  for (let at = 0; at < bytes.length; at += protocolLimits.chunkBytes) {
    reader.pieces.push(bytes.subarray(at, at + protocolLimits.chunkBytes))
  }
  room.follow(reader, room.head)
}
