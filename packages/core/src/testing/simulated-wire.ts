import type { Millis } from '../base/time.ts'
import type { SimulatedMachine } from './simulated-machine.ts'
import type { SimulatedTime } from './simulated-time.ts'

/** What travels on a wire. */
export type Packet =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong' }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }

/** What somebody at one end of a connection hears. */
export interface WireListener {
  opened(): void
  received(bytes: Uint8Array): void
  ponged(): void
  /** Called once; nothing follows. */
  closed(code: number, reason: string): void
  /** Some of what was sent has been taken by the other side. */
  drained(): void
}

interface WireOptions {
  readonly time: SimulatedTime
  readonly dialler: { readonly name: string; readonly machine: SimulatedMachine }
  /** The name of the host that is dialled. */
  readonly answerer: string
  readonly delayMs: () => Millis
  readonly isBlocked: (sender: string, receiver: string) => boolean
  /** Whether a host is there to say that it knows nothing of a connection. */
  readonly answers: (name: string) => boolean
  /** Called when both ends are closed. */
  readonly over: () => void
}

/** How a connection broke. */
export interface Cut {
  /** Who does not hear of it. */
  readonly deaf: 'nobody' | 'dialler' | 'answerer' | 'both'
  /** Whether whoever sends into it is told then. */
  readonly resets: boolean
}

/** A close that is not answered is taken as answered after this. */
const lingerMs: Millis = 2_000
const lost = 1006

/** One end of a connection. */
export class WireEnd {
  readonly name: string
  /** Bytes sent that the other side has not taken. */
  waitingBytes = 0
  machine: SimulatedMachine | null
  /** Nothing is sent or heard here any more. */
  isClosed = false
  #isEnding = false
  /** Arrived and not taken, since the way is blocked. */
  readonly held: Packet[] = []
  isTaking = false
  /** Nothing arrives before what was sent earlier. */
  lastArrival: Millis = 0
  readonly #wire: Wire
  #listener: WireListener | null = null

  constructor(wire: Wire, name: string, machine: SimulatedMachine | null) {
    this.#wire = wire
    this.name = name
    this.machine = machine
  }

  listen(listener: WireListener): void {
    this.#listener = listener
  }

  send(bytes: Uint8Array): void {
    if (this.isClosed || this.#isEnding) return
    this.waitingBytes += bytes.length
    this.#wire.transmit(this, { kind: 'data', bytes: new Uint8Array(bytes) })
  }

  ping(): void {
    if (!this.isClosed) this.#wire.transmit(this, { kind: 'ping' })
  }

  /** What was sent before goes out first. The listener hears `closed` when the other side has answered, or did not in time. */
  close(code: number, reason: string): void {
    if (this.isClosed) return
    this.#wire.transmit(this, { kind: 'close', code, reason })
    this.#wire.linger(this, lingerMs)
  }

  /** Ends it at once, as a process that destroys its socket does. */
  terminate(): void {
    if (this.isClosed) return
    this.#wire.transmit(this, { kind: 'close', code: lost, reason: '' })
    this.end(lost, '')
  }

  /** The other side's word arrives. */
  hear(tell: (listener: WireListener) => void): void {
    this.machine?.wake(() => {
      if (!this.isClosed && this.#listener !== null) tell(this.#listener)
    })
  }

  /** It is over for this end, behind what has arrived before. */
  end(code: number, reason: string): void {
    if (this.isClosed || this.#isEnding) return
    this.#isEnding = true
    if (this.machine === null || this.machine.isDead) return this.forget()
    this.#wire.soon(() =>
      this.machine?.wake(() => {
        if (this.isClosed) return
        this.forget()
        this.#listener?.closed(code, reason)
      }),
    )
  }

  /** It is over, and nobody is left to hear of it. */
  forget(): void {
    this.isClosed = true
    this.#wire.ended()
  }
}

/** One connection between two hosts. */
export class Wire {
  readonly dialler: WireEnd
  readonly answerer: WireEnd
  readonly #options: WireOptions
  #cut: Cut | null = null

  constructor(options: WireOptions) {
    this.#options = options
    this.dialler = new WireEnd(this, options.dialler.name, options.dialler.machine)
    this.answerer = new WireEnd(this, options.answerer, null)
  }

  get isOver(): boolean {
    return this.dialler.isClosed && this.answerer.isClosed
  }

  touches(name: string): boolean {
    return this.dialler.name === name || this.answerer.name === name
  }

  isOf(name: string, machine: SimulatedMachine): boolean {
    const end = this.#endOf(name)
    return end !== null && (end.machine === machine || end.machine === null)
  }

  /** Nobody listens there. */
  refuse(): void {
    this.answerer.forget()
    this.#options.time.after(this.#options.delayMs(), () => this.dialler.end(lost, 'refused'))
  }

  answer(machine: SimulatedMachine, accept: (end: WireEnd) => WireListener): void {
    if (this.answerer.isClosed) return
    this.answerer.machine = machine
    const { time, delayMs } = this.#options
    const arrival = time.now + delayMs()
    this.dialler.lastArrival = arrival
    time.at(arrival, () => this.dialler.hear(listener => listener.opened()))
    this.answerer.listen(accept(this.answerer))
  }

  soon(call: () => void): void {
    this.#options.time.after(0, call)
  }

  transmit(from: WireEnd, packet: Packet): void {
    const to = this.#other(from)
    const { time, delayMs } = this.#options
    if (this.#cut !== null) {
      if (this.#cut.resets && this.#options.answers(to.name)) time.after(2 * delayMs(), () => from.end(lost, ''))
      return
    }
    to.lastArrival = Math.max(to.lastArrival, time.now + delayMs())
    time.at(to.lastArrival, () => {
      to.held.push(packet)
      this.#take(to)
    })
  }

  /** A partition may have ended. */
  unblocked(): void {
    for (const end of [this.dialler, this.answerer])
      this.#options.time.after(this.#options.delayMs(), () => this.#take(end))
  }

  linger(end: WireEnd, ms: Millis): void {
    this.#options.time.after(ms, () => end.end(lost, ''))
  }

  /** What is under way is lost. */
  cut(how: Cut): void {
    if (this.#cut !== null) return
    this.#cut = how
    const { time, delayMs } = this.#options
    for (const end of [this.dialler, this.answerer]) {
      end.held.length = 0
      const name = end === this.dialler ? 'dialler' : 'answerer'
      if (how.deaf !== 'both' && how.deaf !== name) time.after(delayMs(), () => end.end(lost, ''))
    }
  }

  /** The process at one end is gone; its host closes what it had open. */
  hangUp(name: string): void {
    const end = this.#endOf(name)
    if (end === null || end.isClosed) return
    this.transmit(end, { kind: 'close', code: lost, reason: '' })
    end.forget()
  }

  /** The host at one end lost its power: when it is back it knows nothing of this. */
  vanish(name: string): void {
    this.cut({ deaf: 'both', resets: true })
    this.#endOf(name)?.forget()
  }

  ended(): void {
    if (this.isOver) this.#options.over()
  }

  #take(end: WireEnd): void {
    if (end.isTaking || end.held.length === 0 || end.isClosed || this.#cut !== null) return
    if (this.#options.isBlocked(this.#other(end).name, end.name)) return
    const packet = end.held.shift() as Packet
    end.isTaking = true
    this.#deliver(packet, end)
    // One packet a turn, as they come.
    this.#options.time.after(0, () => {
      end.isTaking = false
      this.#take(end)
    })
  }

  #deliver(packet: Packet, to: WireEnd): void {
    const from = this.#other(to)
    switch (packet.kind) {
      case 'data':
        to.hear(listener => {
          from.waitingBytes -= packet.bytes.length
          listener.received(packet.bytes)
          from.hear(sender => sender.drained())
        })
        return
      case 'ping':
        return to.hear(() => this.transmit(to, { kind: 'pong' }))
      case 'pong':
        return to.hear(listener => listener.ponged())
      case 'close':
        // The answer to a close is a close.
        this.transmit(to, { kind: 'close', code: packet.code, reason: packet.reason })
        return to.end(packet.code, packet.reason)
      default:
    }
  }

  #other(end: WireEnd): WireEnd {
    return end === this.dialler ? this.answerer : this.dialler
  }

  #endOf(name: string): WireEnd | null {
    if (this.dialler.name === name) return this.dialler
    return this.answerer.name === name ? this.answerer : null
  }
}
