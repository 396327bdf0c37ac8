import {
  AcceptedState,
  type AcceptedUpdate,
  contentDigest,
  DocState,
  equalBytes,
  field,
  foldUpdate,
  judge,
  type ScannedUpdate,
  scanUpdate,
  spliceUpdates,
  storedLimits,
  structStride,
  UpdateSplicer,
  wireLimits,
} from '@tutti/core'
import { Replica } from '@tutti/core/testing'
import * as Y from 'yjs'
import { Choices } from '../engine/choices.ts'
import { check, type FuzzTarget } from '../engine/target.ts'
import { anyUpdate } from '../hostile-bytes.ts'
import { sameValue } from './same-value.ts'
import { contradictsItself, isPending, loaded, readAlike, standsInTwoPlaces } from './yjs-document.ts'

const mostSteps = 16

/** An input is a script of edits and of everything a relay does with a document's state. */
export const documentState: FuzzTarget = {
  name: 'document',
  watched: ['packages/core/src/document/', 'packages/core/src/base/byte'],
  maxBytes: 300,
  pace: 900,
  seeds: () =>
    Array.from({ length: 8 }, (_, i) =>
      Uint8Array.from({ length: 80 }, (_byte, at) => (at * (29 + 2 * i) + i * 13) & 255),
    ),
  run(input) {
    const choices = new Choices(input)
    const relay = new Relay()
    const authors = [5, 300, 7].map(id => new Replica(id))
    for (let step = 0; step < mostSteps && !choices.isSpent; step++) {
      const author = choices.pick(authors)
      switch (choices.int(10)) {
        case 0:
        case 1:
        case 2:
        case 3:
          author.edit(choices)
          for (const edit of author.outbox.splice(0)) relay.take(edit)
          break
        case 4:
          author.receive(Y.encodeStateAsUpdate(choices.pick(authors).doc))
          break
        case 5:
          relay.take(anyUpdate(relay.state.durable.stateVector(), choices))
          break
        case 6:
          relay.settle(choices.int(4))
          break
        case 7:
          relay.forget(choices)
          break
        case 8:
          relay.answer(choices)
          break
        default:
          relay.splice(choices)
      }
    }
    relay.settle(Number.POSITIVE_INFINITY)
    relay.splice(choices)
    relay.compare()
  },
}

/** A document as a room keeps it, and what must hold at every step. */
class Relay {
  state: AcceptedState = new AcceptedState()
  #log: ScannedUpdate[] = []
  #waiting: AcceptedUpdate[] = []

  take(bytes: Uint8Array): void {
    const scan = scanUpdate(bytes, wireLimits)
    if (!scan.ok) return
    const verdict = judge(this.state, scan.value, { limits: wireLimits, mayExtend: () => true, takePart: false })
    if (verdict.kind !== 'new') return
    const shown = this.state.durable.diff()
    this.state.accept(verdict.update)
    this.#waiting.push(verdict.update)
    check(this.state.durable.diff() === shown, 'what waits is shown to nobody')
    for (const { client, first, count } of verdict.update.scan.sections) {
      check(this.state.clock(client) > this.state.durable.clock(client) || count === 0, `what waits counts: ${first}`)
    }
  }

  settle(most: number): void {
    for (const update of this.#waiting.splice(0, most)) {
      this.state.settle(update)
      this.#log.push(update.scan)
    }
    if (this.#waiting.length > 0) return
    for (const [client, clock] of this.state.durable.stateVector()) {
      check(this.state.clock(client) === clock, 'when nothing waits, what is accepted is durable')
    }
    check(this.state.clientCount === this.state.durable.clientCount, 'when nothing waits, clients are counted once')
  }

  /** The store refused what waits, or something known is lost with a crash. */
  forget(choices: Choices): void {
    this.#waiting = []
    this.state.forget()
    if (choices.chance(0.5)) return
    const before = this.state.durable
    const whole = scanUpdate(before.diff().slice(), storedLimits)
    check(whole.ok, 'the state is an update')
    const depths = judge(new AcceptedState(), whole.value, {
      limits: storedLimits,
      mayExtend: () => true,
      takePart: false,
    })
    check(depths.kind === 'new' || before.isEmpty, `the state passes the gate: ${depths.kind}`)
    if (depths.kind !== 'new') return
    const restarted = new DocState()
    restarted.add(depths.update)
    check(restarted.digest() === before.digest(), 'a state that is loaded again has the same digest')
    check(equalBytes(restarted.diff(), before.diff()), 'a state that is loaded again is the same')
    for (const [client, clock] of before.stateVector()) {
      for (let at = 0; at < Math.min(clock, 50); at++) {
        check(restarted.depthAt(client, at) === before.depthAt(client, at), 'depths are the same after loading')
      }
    }
    this.state = new AcceptedState(restarted)
  }

  /** Somebody asks who knows some of it. */
  answer(choices: Choices): void {
    const { durable } = this.state
    const known = new Map(
      [...durable.stateVector()].map(([client, clock]): [number, number] => [client, choices.int(clock + 2)]),
    )
    const diff = durable.diff(known)
    const scan = scanUpdate(diff, storedLimits)
    check(scan.ok, 'a difference is an update')
    const begins = new Map(
      scan.value.sections.map(({ client, first }) => [client, scan.value.structs[first * structStride + field.clock]]),
    )
    for (const [client, clock] of durable.stateVector()) {
      const from = known.get(client) as number
      check(begins.get(client) === (from < clock ? from : undefined), 'a difference begins where knowledge ends')
    }
    const theirs = loaded(durable.diff(), diff)
    check(this.#readAlike(theirs, loaded(durable.diff())), 'a difference adds nothing of its own')
    const yjs = Y.diffUpdate(durable.diff(), Y.encodeStateVector(known))
    check(sameValue(structsOf(diff), structsOf(yjs)), 'a difference is cut as Yjs cuts it')
  }

  /** Entries that follow each other are told as one. */
  splice(choices: Choices): void {
    const log = this.#log
    const from = choices.int(log.length + 1)
    const to = from + choices.int(log.length - from + 1)
    const before = log.slice(0, from).map(({ bytes }) => bytes)
    const spliced = spliceUpdates(log.slice(from, to))
    const one = loaded(...before, spliced)
    const many = loaded(...log.slice(0, to).map(({ bytes }) => bytes))
    check(!isPending(one), 'a splice lacks nothing')
    check(this.#readAlike(one, many), 'a splice says what its entries say')
    const again = scanUpdate(spliced, storedLimits)
    check(again.ok && equalBytes(spliceUpdates([again.value]), spliced), 'a splice is spliced to itself')
    const splicer = new UpdateSplicer()
    for (const { bytes } of log.slice(from, to))
      check(splicer.add(bytes, 0, bytes.length), 'what was taken can be read')
    check(equalBytes(splicer.encode(), spliced), 'both ways of splicing say the same')
  }

  compare(): void {
    const { durable } = this.state
    const whole = durable.diff()
    const doc = loaded(whole)
    check(!isPending(doc), 'the state loads')
    check(this.#readAlike(doc, loaded(...this.#log.map(({ bytes }) => bytes))), 'the state reads as the log does')
    const folded = foldUpdate(whole)
    check(folded.content === contentDigest(doc), 'a fold has the digest of the document')
    const after = loaded(folded.bytes)
    check(!isPending(after), 'a fold loads')
    check(contentDigest(after) === folded.content || contradictsItself(after), 'a fold reads as the document does')
    check(sameValue(Y.decodeStateVector(Y.encodeStateVector(after)), durable.stateVector()), 'a fold knows as much')
  }

  #readAlike(one: Y.Doc, other: Y.Doc): boolean {
    return readAlike(one, other) || standsInTwoPlaces(...this.#log.map(({ bytes }) => bytes))
  }
}

/** The structs of an update as plain values. */
function structsOf(update: Uint8Array): unknown {
  const { structs, ds } = Y.decodeUpdate(update)
  return {
    structs: structs.map(struct => {
      const base = {
        client: struct.id.client,
        clock: struct.id.clock,
        length: struct.length,
        kind: struct.constructor.name,
      }
      if (!(struct instanceof Y.Item)) return base
      const { origin, rightOrigin, parentSub, content } = struct
      const plain = content instanceof Y.ContentDeleted || content instanceof Y.ContentType ? [] : content.getContent()
      return {
        ...base,
        origin: idOf(origin),
        rightOrigin: idOf(rightOrigin),
        parentSub,
        plain: plain.map(atom),
        ref: content.getRef(),
      }
    }),
    deletes: [...ds.clients].map(([client, ranges]) => [client, ranges.map(({ clock, len }) => [clock, len])]),
  }
}

function idOf(id: Y.ID | null): unknown {
  return id === null ? null : [id.client, id.clock]
}

function atom(value: unknown): unknown {
  return value instanceof Y.Doc ? value.guid : (value ?? String(value))
}
