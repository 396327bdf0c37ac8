import { type UpdateLimits, wireLimits } from '@tutti/core'
import { Replica } from '@tutti/core/testing'
import * as Y from 'yjs'
import { Choices } from '../engine/choices.ts'
import { check, type FuzzTarget } from '../engine/target.ts'
import { GateUnderTest } from '../gate-under-test.ts'
import { anyUpdate } from '../hostile-bytes.ts'
import { sameValue } from './same-value.ts'
import { attempted, deletedTicks, isPending, loaded, readAlike, readAlikeWithMarks, vectorOf } from './yjs-document.ts'

/** So small that a few edits pass every one of them. */
const smallLimits: UpdateLimits = {
  ...wireLimits,
  maxBytes: 220,
  maxStructs: 9,
  maxDeletes: 5,
  maxNewClients: 2,
  maxClients: 5,
  maxTypeDepth: 3,
  maxValueDepth: 2,
  maxJsonValues: 8,
  maxNameBytes: 11,
}

const mostSteps = 14

/** Where bytes end too early Yjs would throw, perhaps after making room for what is not there. */
const isCutShort = /too early|too la|too lo|than bytes/

/** What Yjs loads and we do not take: things of no length, options that take the place of a guid, and places that contradict themselves. */
const ownRules = /no length|options of a subdocument|before and behind/

/**
 * An input is a script: authors edit and hear of each other, and the gate is offered what they wrote, in order or not, what
 * nobody would write, and bytes. Beside it a real document is offered the same.
 */
export const gate: FuzzTarget = {
  name: 'gate',
  watched: ['packages/core/src/document/', 'packages/core/src/base/byte-', 'packages/core/src/base/json-check.ts'],
  maxBytes: 400,
  pace: 1_000,
  seeds: () =>
    Array.from({ length: 8 }, (_, i) =>
      Uint8Array.from({ length: 60 }, (_byte, at) => (at * (37 + 2 * i) + i * 11) & 255),
    ),
  run(input) {
    const choices = new Choices(input)
    const limits = choices.chance(0.25) ? smallLimits : wireLimits
    const beside = new Beside(limits)
    const authors = [5, 6, 7].map(id => new Replica(id))
    const edits: Uint8Array[] = []
    for (let step = 0; step < mostSteps && !choices.isSpent; step++) {
      const author = choices.pick(authors)
      const kind = choices.int(12)
      if (kind < 4) {
        author.edit(choices)
        edits.push(...author.outbox.splice(0))
        if (choices.chance(0.5)) beside.offer(edits[edits.length - 1] ?? Uint8Array.of(0, 0), choices)
      } else if (kind === 4) author.receive(Y.encodeStateAsUpdate(choices.pick(authors).doc))
      else if (kind === 5) beside.offer(Y.encodeStateAsUpdate(author.doc), choices)
      else if (kind === 6 && edits.length > 0) beside.offer(choices.pick(edits), choices)
      else if (kind === 7 && edits.length > 0) {
        beside.offer(Y.mergeUpdates(edits.filter(() => choices.chance(0.6)).concat(choices.pick(edits))), choices)
      } else if (kind === 8) beside.offer(cutShort(author.doc, choices), choices)
      else if (kind === 9)
        beside.offer(scratched(edits.length > 0 ? choices.pick(edits) : Uint8Array.of(0, 0), choices), choices)
      else if (kind === 10) beside.offer(choices.take(choices.byte()), choices)
      else beside.offer(anyUpdate(beside.gate.state.durable.stateVector(), choices), choices)
    }
    beside.compare()
  },
}

/** What somebody would be sent who knows some of it, also parts of structs. */
function cutShort(doc: Y.Doc, choices: Choices): Uint8Array {
  const known = vectorOf(doc).map(([client, clock]): [number, number] => [client, choices.int(clock + 1)])
  return Y.encodeStateAsUpdate(doc, Y.encodeStateVector(new Map(known)))
}

/** Some bytes are others. */
function scratched(update: Uint8Array, choices: Choices): Uint8Array {
  const out = update.slice()
  for (let left = 1 + choices.int(3); left > 0; left--) out[choices.int(out.length)] = choices.byte()
  return out
}

/** The gate and a real document, side by side (SPEC UPD9). */
class Beside {
  readonly gate: GateUnderTest
  readonly #yjs = new Y.Doc({ guid: 'read' })

  constructor(limits: UpdateLimits) {
    this.gate = new GateUnderTest(limits)
  }

  offer(message: Uint8Array, choices: Choices): void {
    const yjs = this.#yjs
    const takePart = choices.chance(0.3)
    const foreign = choices.chance(0.1) ? 5 + choices.int(3) : -1
    const mayExtend = (client: number) => client !== foreign
    const verdict = this.gate.offer(message, { takePart, mayExtend })
    switch (verdict.kind) {
      case 'new':
        return this.#apply(this.gate.log[this.gate.log.length - 1] as Uint8Array, 'what is taken')
      case 'known': {
        // What it claims of structs that are there may be a lie that Yjs waits for or stumbles over: it is not handed on.
        const theirs = attempted(Y.encodeStateAsUpdate(yjs), message)
        if (theirs !== null) check(sameValue(vectorOf(theirs), vectorOf(yjs)), 'what is known brings no structs')
        return
      }
      case 'part': {
        const part = this.gate.offer(verdict.bytes, { mayExtend })
        check(part.kind === 'new' || part.kind === 'known', `a part can be taken: ${part.kind}`)
        if (part.kind === 'new') this.#apply(this.gate.log[this.gate.log.length - 1] as Uint8Array, 'a part')
        return
      }
      case 'refused': {
        if (takePart || foreign >= 0) return
        if (verdict.failure.code === 'missing-dependencies') {
          const theirs = attempted(Y.encodeStateAsUpdate(yjs), message)
          check(theirs === null || isPending(theirs), 'what lacks something waits in Yjs, too')
        } else if (verdict.failure.code === 'malformed' && !isCutShort.test(verdict.failure.message))
          this.#asYjsPutsIt(message)
      }
    }
  }

  /** What Yjs takes whole passes once Yjs itself has written it, unless it breaks a rule of ours for what may be written. */
  #asYjsPutsIt(message: Uint8Array): void {
    const theirs = attempted(Y.encodeStateAsUpdate(this.#yjs), message)
    if (theirs === null || isPending(theirs)) return
    let honest: Uint8Array
    try {
      honest = Y.encodeStateAsUpdate(theirs, Y.encodeStateVector(this.#yjs))
    } catch {
      // Loaded, and never to be written again: rightly refused.
      return
    }
    const verdict = this.gate.judge(honest)
    const isRefused = verdict.kind === 'refused' && verdict.failure.code === 'malformed'
    check(!isRefused || ownRules.test(verdict.failure.message), 'what Yjs writes is taken')
  }

  #apply(update: Uint8Array, what: string): void {
    Y.applyUpdate(this.#yjs, update)
    check(!isPending(this.#yjs), `${what} does not wait`)
  }

  /** The states after are equal. */
  compare(): void {
    const { durable } = this.gate.state
    const yjs = this.#yjs
    check(sameValue(sorted(durable.stateVector()), vectorOf(yjs)), 'the state vectors are equal')
    const state = loaded(durable.diff())
    check(!isPending(state), 'the state loads')
    const replayed = loaded(...this.gate.log)
    check(!isPending(replayed), 'the log loads')
    const theirs = deletedTicks(yjs)
    for (const [client, ranges] of durable.deleted.entries()) {
      for (let i = 0; i < ranges.length; i += 2) {
        for (let clock = ranges[i] as number; clock < (ranges[i + 1] as number); clock++) {
          check(theirs(client, clock), 'what is deleted here is deleted there')
          if (clock - (ranges[i] as number) > 100) break
        }
      }
    }
    check(readAlike(state, yjs), 'the state reads as the document does')
    check(readAlike(replayed, yjs), 'the log reads as the document does')
    check(readAlikeWithMarks(state, loaded(Y.mergeUpdates(this.gate.log))), 'so does the log in one piece')
  }
}

function sorted(vector: ReadonlyMap<number, number>): [number, number][] {
  return [...vector].sort(([a], [b]) => a - b)
}
