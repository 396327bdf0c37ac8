import type { Millis } from '../base/time.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimulatedMachine } from './simulated-machine.ts'
import type { SimulatedTime } from './simulated-time.ts'
import { type Cut, Wire, type WireEnd, type WireListener } from './simulated-wire.ts'

/** What a client says when it dials. */
export interface DialRequest {
  readonly url: string
  readonly protocols: readonly string[]
}

/** Takes a connection that was dialled; gives what listens at its end. */
export type Accept = (end: WireEnd, request: DialRequest) => WireListener

interface Host {
  latencyMs: Millis
  isDeafened: boolean
  isMuted: boolean
  /** `null` while nothing listens there. */
  door: { readonly machine: SimulatedMachine; readonly accept: Accept } | null
  /** Off altogether: nobody even says that nobody listens. */
  isOff: boolean
}

/** A lost first packet is sent again after this. */
const dialAgainMs: Millis = 1_000

/**
 * Hosts with names, and connections between them as TCP gives them: in order, with delays of their own, and with no word
 * about what has arrived. What is sent into a partition waits and arrives after it, unless the connection is cut meanwhile.
 */
export class SimulatedNetwork {
  readonly #time: SimulatedTime
  readonly #random: SeededRandom
  readonly #hosts = new Map<string, Host>()
  readonly #wires = new Set<Wire>()

  constructor(time: SimulatedTime, random: SeededRandom) {
    this.#time = time
    this.#random = random
  }

  /** The way to and from a host takes about so long. */
  setLatency(name: string, ms: Millis): void {
    this.#host(name).latencyMs = ms
  }

  /** Something listens at `name`, until its machine dies or `unlisten`. */
  listen(name: string, machine: SimulatedMachine, accept: Accept): void {
    const host = this.#host(name)
    host.door = { machine, accept }
    host.isOff = false
  }

  /** Nothing listens any more. `isOff`: the host does not even answer that. */
  unlisten(name: string, isOff: boolean): void {
    const host = this.#host(name)
    host.door = null
    host.isOff = isOff
  }

  /** Dials from `from` to `to`. The listener hears `opened`, or `closed` with 1006, or nothing at all. */
  dial(from: string, machine: SimulatedMachine, to: string, request: DialRequest, listener: WireListener): WireEnd {
    const wire = new Wire({
      time: this.#time,
      dialler: { name: from, machine },
      answerer: to,
      delayMs: () => this.#delayMs(from, to),
      isBlocked: (sender, receiver) => this.#host(sender).isMuted || this.#host(receiver).isDeafened,
      answers: name => !this.#host(name).isOff && !this.#isBlocked(from, to),
      over: () => this.#wires.delete(wire),
    })
    this.#wires.add(wire)
    wire.dialler.listen(listener)
    const attempt = () => {
      const host = this.#host(to)
      if (wire.isOver) return
      if (host.isOff || this.#isBlocked(from, to)) return void this.#time.after(dialAgainMs, attempt)
      if (host.door === null || host.door.machine.isDead) return wire.refuse()
      const { machine: answering, accept } = host.door
      answering.wake(() => {
        if (!wire.isOver) wire.answer(answering, end => accept(end, request))
      })
    }
    this.#time.after(this.#delayMs(from, to), attempt)
    return wire.dialler
  }

  /** Nothing that is sent to `name` arrives (`deafened`), nothing it sends does (`muted`). */
  block(name: string, how: { readonly deafened: boolean; readonly muted: boolean }): void {
    const host = this.#host(name)
    host.isDeafened = how.deafened
    host.isMuted = how.muted
    for (const wire of this.#wires) wire.unblocked()
  }

  /** Cuts connections of a host: what is under way in them is lost. Each end hears of it, or does not. */
  cut(name: string, share = 1): void {
    for (const wire of Array.from(this.#wires)) {
      if (wire.touches(name) && this.#random.chance(share)) wire.cut(this.#drawCut())
    }
  }

  /** The process at `name` ended: its host says so for it. */
  hangUp(name: string, machine: SimulatedMachine): void {
    for (const wire of Array.from(this.#wires)) if (wire.isOf(name, machine)) wire.hangUp(name)
  }

  /** The host lost its power: nobody says anything, and what it had sent may have left or not. */
  vanish(name: string): void {
    for (const wire of Array.from(this.#wires)) if (wire.touches(name)) wire.vanish(name)
  }

  #drawCut(): Cut {
    const resets = this.#random.chance(0.5)
    return { deaf: this.#random.pick(['nobody', 'nobody', 'dialler', 'answerer']), resets }
  }

  #isBlocked(from: string, to: string): boolean {
    return (
      this.#host(from).isMuted || this.#host(to).isDeafened || this.#host(to).isMuted || this.#host(from).isDeafened
    )
  }

  #delayMs(from: string, to: string): Millis {
    const ms = this.#host(from).latencyMs + this.#host(to).latencyMs
    const isLost = this.#random.chance(0.005)
    return ms * (0.5 + this.#random.next()) + (isLost ? 200 + this.#random.int(800) : 0)
  }

  #host(name: string): Host {
    let host = this.#hosts.get(name)
    if (host === undefined) {
      host = { latencyMs: 1, isDeafened: false, isMuted: false, door: null, isOff: false }
      this.#hosts.set(name, host)
    }
    return host
  }
}
