import { isLoopback } from '../config/loopback.ts'
import { addressGroup } from './client-address.ts'

/** How many connections there are from where. What comes from this machine is not limited: a proxy may be there. */
export class AddressLimit {
  readonly #most: number
  readonly #counts = new Map<string, number>()

  /** `most` connections at once from one address; 0 for no limit. */
  constructor(most: number) {
    this.#most = most
  }

  /** Counts one more, and returns how to take it back; null when there are too many already. */
  enter(address: string): (() => void) | null {
    if (this.#most === 0 || isLoopback(address)) return unlimited
    const group = addressGroup(address)
    const count = this.#counts.get(group) ?? 0
    if (count >= this.#most) return null
    this.#counts.set(group, count + 1)
    return () => this.#leave(group)
  }

  #leave(group: string): void {
    const count = this.#counts.get(group) ?? 0
    if (count > 1) this.#counts.set(group, count - 1)
    else this.#counts.delete(group)
  }
}

function unlimited(): void {}
