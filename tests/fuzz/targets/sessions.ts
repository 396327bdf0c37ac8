import {
  type ClientMessage,
  encodeAwareness,
  encodeClientMessage,
  encodeStateVector,
  encodeStockAwareness,
  encodeStockUpdate,
  encodeSyncStep1,
  encodeSyncStep2,
} from '@tutti/core'
import { Replica } from '@tutti/core/testing'
import * as Y from 'yjs'
import type { Authorize } from '../../../packages/server/src/access/authorize.ts'
import { NativeGuest, StockGuest, World } from '../../../packages/server/src/testing/world.ts'
import { Choices } from '../engine/choices.ts'
import { check, type FuzzTarget } from '../engine/target.ts'
import { anyUpdate } from '../hostile-bytes.ts'
import { sameValue } from './same-value.ts'
import { isPending, readAlike, vectorOf } from './yjs-document.ts'

const mostSteps = 20

/**
 * An input is a script of what clients say to a server, honest and not, while its store refuses, sockets are full, time
 * passes and connections end. Whoever reads along to the end has what a newcomer is given.
 */
export const sessions: FuzzTarget = {
  name: 'sessions',
  watched: [
    'packages/server/src/session/',
    'packages/server/src/room/',
    'packages/core/src/protocol/',
    'packages/core/src/log/memory-log.ts',
  ],
  maxBytes: 300,
  pace: 400,
  seeds: () =>
    Array.from({ length: 10 }, (_, i) =>
      Uint8Array.from({ length: 100 }, (_byte, at) => (at * (41 + 2 * i) + i * 17) & 255),
    ),
  run: async input => await new Script(new Choices(input)).run(),
}

/** Whoever says "no" stays outside, and one document may only be read. */
const door: Authorize = {
  identify: token => (token === 'no' ? null : { subject: token }),
  permit: (_identity, doc) => (doc === 'other' ? 'read' : 'write'),
}

function noRoom(): never {
  throw new Error('no room on the disk')
}

class Script {
  readonly #choices: Choices
  readonly #world = new World({ authorize: door })
  readonly #authors = [5, 6, 7].map(id => new Replica(id))
  readonly #edits: Uint8Array[] = [Uint8Array.of(0, 0)]
  #natives: NativeGuest[] = []
  #stocks: StockGuest[] = []

  constructor(choices: Choices) {
    this.#choices = choices
  }

  async run(): Promise<void> {
    const world = this.#world
    const witness = await world.joined('song')
    const follower = new Follower(witness)
    this.#natives = [await world.joined('song'), await world.joined('song'), await world.native()]
    this.#stocks = [await world.stock('song')]
    for (let step = 0; step < mostSteps && !this.#choices.isSpent; step++) {
      await this.#step()
      follower.listen()
    }
    world.beforeAppend = null
    world.beforeProbe = null
    await world.pass(10_000)
    await world.pass(10_000)
    for (const guest of this.#natives) {
      guest.peer.hasRoom = true
      guest.session.drained()
    }
    await world.pass(1_000)
    follower.listen()
    const newcomer = await this.#newcomer()
    const { doc } = follower
    check(sameValue(vectorOf(doc), vectorOf(newcomer)), 'a reader knows what a newcomer is given')
    check(readAlike(doc, newcomer), 'a reader reads what a newcomer reads')
    for (const guest of [...this.#natives, witness, ...this.#stocks]) guest.session.ended()
    await world.pass(60_000)
    world.house.sweep()
    check([...world.house.rooms()].length === 0, 'who is gone leaves no document open')
  }

  async #newcomer(): Promise<Y.Doc> {
    const guest = await this.#world.native()
    const follower = new Follower(guest)
    const answer = await guest.open('song')
    check(
      answer.some(({ type }) => type === 'opened'),
      'whatever was said, the document opens for others',
    )
    follower.hear(answer)
    guest.session.ended()
    check(!isPending(follower.doc), 'a newcomer is given nothing that waits')
    return follower.doc
  }

  async #step(): Promise<void> {
    const choices = this.#choices
    const world = this.#world
    const native = choices.pick(this.#natives)
    const stock = choices.pick(this.#stocks)
    switch (choices.int(14)) {
      case 0:
      case 1: {
        const author = choices.pick(this.#authors)
        author.edit(choices)
        for (const edit of author.outbox.splice(0)) {
          this.#edits.push(edit)
          native.update(edit)
        }
        return
      }
      case 2:
      case 3:
      case 4:
        return native.say(this.#message(native))
      case 5:
        return native.session.receive(this.#scratched(encodeClientMessage(this.#message(native))))
      case 6:
        return stock.session.receive(this.#stockMessage())
      case 7:
        return stock.session.receive(this.#scratched(this.#stockMessage()))
      case 8:
        return await world.settle()
      case 9:
        return await world.pass(choices.int(2_000))
      case 10:
        native.peer.hasRoom = !native.peer.hasRoom
        if (native.peer.hasRoom) native.session.drained()
        return
      case 11: {
        const refuses = choices.chance(0.5)
        world.beforeAppend = refuses ? noRoom : null
        world.beforeProbe = refuses && choices.chance(0.5) ? noRoom : null
        return
      }
      case 12:
        native.session.ended()
        this.#natives = this.#natives.map(guest => (guest === native ? new NativeGuest(world, native.name) : guest))
        return
      default:
        stock.session.ended()
        this.#stocks = [new StockGuest(world, choices.pick(['song', 'other']) as never)]
        return
    }
  }

  #update(): Uint8Array {
    const choices = this.#choices
    const kind = choices.int(5)
    if (kind === 0) return choices.pick(this.#edits)
    if (kind === 1) return Y.encodeStateAsUpdate(choices.pick(this.#authors).doc)
    if (kind === 2) return this.#scratched(choices.pick(this.#edits))
    if (kind === 3) return choices.take(choices.int(40))
    return anyUpdate(new Map(vectorOf(choices.pick(this.#authors).doc)), choices)
  }

  #presence(): Uint8Array {
    const choices = this.#choices
    const state = choices.pick(['{"a":1}', 'null', '{', '{"__proto__":{}}'])
    return encodeAwareness(
      Array.from({ length: choices.int(4) }, () => ({ client: choices.int(12), clock: choices.byte(), state })),
    )
  }

  #vector(): Uint8Array {
    const choices = this.#choices
    const known = vectorOf(choices.pick(this.#authors).doc).map(([client, clock]): [number, number] => [
      client,
      choices.int(clock + 3),
    ])
    return choices.chance(0.9) ? encodeStateVector(new Map(known)) : choices.take(choices.int(8))
  }

  #message(guest: NativeGuest): ClientMessage {
    const choices = this.#choices
    const channel = choices.chance(0.9) ? Math.max(0, guest.channel) : choices.int(5)
    switch (choices.int(10)) {
      case 0:
        return { type: 'hello', version: choices.int(3), device: 'd', session: guest.name, agent: '', token: '' }
      case 1:
        return { type: 'auth', token: choices.pick(['', 'x', 'no']) }
      case 2:
        return {
          type: 'open',
          request: choices.byte(),
          doc: choices.pick(['song', 'other', '..', '']),
          epoch: choices.pick(['', guest.epoch, 'another', '!']),
          position: choices.pick([0, choices.byte(), 2 ** 53 - 1]),
          stateVector: this.#vector(),
          client: choices.int(9),
        }
      case 3:
        return { type: 'close', channel }
      case 4:
        return { type: 'awareness', channel, bytes: this.#presence() }
      case 5:
        return { type: 'seen', channel, position: choices.byte() }
      case 6:
        return { type: 'seed', channel, bytes: this.#update() }
      case 7:
        return { type: 'reconcile', channel, stateVector: this.#vector() }
      case 8:
        return { type: 'beat' }
      default: {
        const counter = choices.chance(0.8) ? ++guest.counter : choices.pick([0, choices.byte(), 2 ** 53 - 1])
        return {
          type: 'update',
          channel,
          counter,
          base: choices.pick([0, choices.byte(), 2 ** 53 - 1]),
          resync: choices.chance(0.4),
          bytes: this.#update(),
        }
      }
    }
  }

  #stockMessage(): Uint8Array {
    switch (this.#choices.int(4)) {
      case 0:
        return encodeSyncStep1(this.#vector())
      case 1:
        return encodeSyncStep2(this.#update())
      case 2:
        return encodeStockUpdate(this.#update())
      default:
        return encodeStockAwareness(this.#presence())
    }
  }

  #scratched(bytes: Uint8Array): Uint8Array {
    const out = bytes.slice()
    for (let left = 1 + this.#choices.int(3); left > 0; left--)
      out[this.#choices.int(out.length)] = this.#choices.byte()
    return out
  }
}

/** A client that reads along and holds a document of what it was told. */
class Follower {
  readonly doc: Y.Doc = new Y.Doc({ guid: 'read' })
  readonly #guest: NativeGuest
  #pieces: Uint8Array[] = []
  #wanted = 0
  #acknowledged = 0

  constructor(guest: NativeGuest) {
    this.#guest = guest
  }

  listen(): void {
    this.hear(this.#guest.peer.messages())
  }

  hear(messages: ReturnType<NativeGuest['peer']['messages']>): void {
    for (const message of messages) {
      switch (message.type) {
        case 'state':
          this.#pieces = []
          this.#wanted = message.total
          break
        case 'piece': {
          this.#pieces.push(message.bytes)
          const whole = Uint8Array.from(this.#pieces.flatMap(piece => [...piece]))
          check(whole.length <= this.#wanted, 'no more pieces than were told')
          if (whole.length === this.#wanted) this.#apply(whole)
          break
        }
        case 'push':
          check(message.from <= message.to, 'entries stand in their order')
          this.#apply(message.bytes)
          break
        case 'ack':
          check(message.counter >= this.#acknowledged, 'acknowledgements only grow')
          this.#acknowledged = message.counter
          break
        case 'bye':
        case 'closed':
          check(false, `a reader who does nothing is sent away: ${message.code}`)
          break
        default:
      }
    }
  }

  #apply(update: Uint8Array): void {
    Y.applyUpdate(this.doc, update)
    check(!isPending(this.doc), 'what a reader is told lacks nothing')
  }
}
