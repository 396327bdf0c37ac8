import type { Content } from '../../content/content.ts'
import type { Room } from '../../room/room.ts'

/** Those who ask for the same state while it is being read are given the same text: it is copied and read once. */
export class SharedReads {
  readonly #content: Content
  readonly #underWay = new Map<Room, { readonly head: number; readonly text: Promise<string> }>()

  constructor(content: Content) {
    this.#content = content
  }

  /** The JSON text of what is durable now. */
  read(room: Room): Promise<string> {
    const known = this.#underWay.get(room)
    if (known?.head === room.head) return known.text
    const text = this.#content.read(room.diff())
    this.#underWay.set(room, { head: room.head, text })
    const forget = () => {
      if (this.#underWay.get(room)?.text === text) this.#underWay.delete(room)
    }
    text.then(forget, forget)
    return text
  }
}
