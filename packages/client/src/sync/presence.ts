import { ByteCursor, ByteWriter } from '@tutti/core'
import {
  applyAwarenessUpdate,
  type Awareness,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness'

interface Change {
  readonly added: readonly number[]
  readonly updated: readonly number[]
  readonly removed: readonly number[]
}

/**
 * Our own presence out, everybody else's in (SPEC CLI13). What is done to it in one turn is sent once. What others say about
 * us is not believed.
 */
export class Presence {
  readonly awareness: Awareness
  readonly #send: (bytes: Uint8Array) => void
  #isDue = false

  constructor(awareness: Awareness, send: (bytes: Uint8Array) => void) {
    this.awareness = awareness
    this.#send = send
    awareness.on('update', this.#changed)
  }

  readonly #changed = ({ added, updated, removed }: Change): void => {
    const own = this.awareness.clientID
    if (this.#isDue || ![...added, ...updated, ...removed].includes(own)) return
    this.#isDue = true
    queueMicrotask(() => this.tell())
  }

  /** Says where we are now. */
  tell(): void {
    this.#isDue = false
    const { awareness } = this
    if (awareness.meta.has(awareness.clientID)) this.#send(encodeAwarenessUpdate(awareness, [awareness.clientID]))
  }

  /** A new connection: others may have seen us leave, and believe only what is newer than that. */
  renew(): void {
    const { awareness } = this
    const meta = awareness.meta.get(awareness.clientID)
    if (meta === undefined || awareness.getLocalState() === null) return
    awareness.meta.set(awareness.clientID, { ...meta, clock: meta.clock + 1 })
    awareness.setLocalState(awareness.getLocalState())
  }

  receive(bytes: Uint8Array): void {
    const others = withoutClient(bytes, this.awareness.clientID)
    try {
      if (others !== null) applyAwarenessUpdate(this.awareness, others, this)
    } catch {
      // A state that is no JSON: presence is not worth more than the next one.
    }
  }

  /** Nobody can be seen without a connection. */
  forgetOthers(): void {
    const others = [...this.awareness.getStates().keys()].filter(client => client !== this.awareness.clientID)
    if (others.length > 0) removeAwarenessStates(this.awareness, others, this)
  }

  /** We are leaving. */
  sayGoodbye(): void {
    removeAwarenessStates(this.awareness, [this.awareness.clientID], this)
    this.tell()
  }

  stop(): void {
    this.awareness.off('update', this.#changed)
  }
}

/** A presence message without what it says of `client`; null when nothing is left, or it is none. */
function withoutClient(bytes: Uint8Array, client: number): Uint8Array | null {
  const from = new ByteCursor(bytes)
  const kept = new ByteWriter(bytes.length)
  let count = 0
  for (let left = from.uint(); left > 0 && from.fault === null; left--) {
    const [of, clock, state] = [from.uint(), from.uint(), from.take()]
    if (of === client) continue
    count++
    kept.uint(of).uint(clock).block(state)
  }
  if (from.fault !== null || count === 0) return null
  return new ByteWriter(bytes.length + 1).uint(count).raw(kept.bytes()).bytes()
}
