import { concatBytes, type ServerMessage } from '@tutti/core'

type StateMessage = Extract<ServerMessage, { type: 'state' }>

/** What the server said it will send, and how much of it has come. */
export class Incoming {
  readonly state: StateMessage
  readonly #pieces: Uint8Array[] = []
  #missing: number

  constructor(state: StateMessage) {
    this.state = { ...state, stateVector: state.stateVector.slice() }
    this.#missing = state.total
  }

  get isComplete(): boolean {
    return this.#missing <= 0
  }

  add(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#missing -= piece.length
  }

  /** One Yjs update; no bytes when nothing was missing. */
  get bytes(): Uint8Array {
    const [only] = this.#pieces
    return only !== undefined && this.#pieces.length === 1 ? only : concatBytes(this.#pieces)
  }
}
