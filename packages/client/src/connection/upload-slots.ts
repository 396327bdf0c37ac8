import type { Member } from './member.ts'

/** Large uploads at once: a fourth document waits, so that a live edit never queues behind all of them. */
const slots = 3

/** Who may upload much now: the most important documents first. */
export class UploadSlots {
  readonly #holders = new Set<Member>()
  readonly #waiting = new Map<Member, () => void>()

  request(member: Member, go: () => void): void {
    if (this.#holders.has(member)) return go()
    this.#waiting.set(member, go)
    this.#admit()
  }

  release(member: Member): void {
    this.#waiting.delete(member)
    if (this.#holders.delete(member)) this.#admit()
  }

  clear(): void {
    this.#holders.clear()
    this.#waiting.clear()
  }

  #admit(): void {
    while (this.#holders.size < slots) {
      let next: Member | undefined
      for (const member of this.#waiting.keys())
        if (next === undefined || member.priority > next.priority) next = member
      if (next === undefined) return
      const go = this.#waiting.get(next) as () => void
      this.#waiting.delete(next)
      this.#holders.add(next)
      go()
    }
  }
}
