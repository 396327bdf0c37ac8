import type { Channel, DocName, Seq, StateVector } from '@tutti/core'
import type { Reader } from './reader.ts'
import type { Tail } from './tail.ts'

/** What serving readers needs of a room: durable things only. */
export interface RoomView {
  readonly doc: DocName
  readonly channel: Channel
  readonly head: Seq
  readonly checkpointSeq: Seq
  readonly tail: Tail
  readonly readers: ReadonlySet<Reader>
  diff(known?: StateVector): Uint8Array
}
