import { type DocName, encodeClientMessage, encodeStockUpdate, encodeSyncStep2, subprotocol } from '@tutti/core'
import {
  craftText,
  craftUpdate,
  randomEdit,
  SimulatedMachine,
  type SimulatedNetwork,
  type SimulatedTime,
  type SeededRandom,
  seededRandom,
} from '@tutti/core/testing'
import * as Y from 'yjs'

/** Somebody who means no good, or whose software is broken: says a few things and leaves. */
export function letStrangerIn(time: SimulatedTime, network: SimulatedNetwork, doc: DocName, seed: number): void {
  const random = seededRandom(seed)
  const machine = new SimulatedMachine({ time, random: seededRandom(seed + 1) })
  const isNative = random.chance(0.5)
  const request = isNative
    ? { url: 'ws://relay/', protocols: [subprotocol] }
    : { url: `ws://relay/${encodeURIComponent(doc)}`, protocols: [] }
  const end = network.dial(`stranger${seed}`, machine, 'relay', request, {
    opened: () => {
      if (isNative) {
        end.send(
          encodeClientMessage({
            type: 'hello',
            version: 1,
            device: 'x',
            session: `x${seed}`,
            agent: '',
            token: 'stranger',
          }),
        )
        const stateVector = Uint8Array.of(0)
        end.send(encodeClientMessage({ type: 'open', request: 1, doc, epoch: '', position: 0, stateVector, client: 0 }))
      }
      for (let i = 1; i <= 6; i++)
        machine.timers.after(i * random.int(300), () => end.send(something(random, isNative, i)))
      machine.timers.after(4_000, () => end.terminate())
    },
    received: () => {},
    ponged: () => {},
    drained: () => {},
    closed: () => {},
  })
}

function something(random: SeededRandom, isNative: boolean, counter: number): Uint8Array {
  const bytes = harmful(random)
  if (random.chance(0.1)) return random.bytes(random.int(60))
  if (!isNative) return random.chance(0.5) ? encodeStockUpdate(bytes) : encodeSyncStep2(bytes)
  const channel = random.int(4)
  if (random.chance(0.2)) return encodeClientMessage({ type: 'seed', channel, bytes })
  return encodeClientMessage({
    type: 'update',
    channel,
    counter,
    base: random.int(5),
    resync: random.chance(0.4),
    bytes,
  })
}

/** Updates that must not be taken, or at most for what they honestly are. */
function harmful(random: SeededRandom): Uint8Array {
  const client = 1 + random.int(2 ** 32 - 1)
  switch (random.int(4)) {
    case 0: // Builds on what nobody has.
      return random.chance(0.5)
        ? craftUpdate([{ client, clock: 5, structs: [craftText('gap', { parent: 'text' })] }])
        : craftUpdate([{ client, clock: 0, structs: [craftText('beside', { origin: [1 + (client % 1e6), 7] })] }])
    case 1: // Deletes what is not there yet.
      return craftUpdate([], [{ client, ranges: [[0, 2 ** 40]] }])
    case 2: {
      const doc = new Y.Doc()
      doc.clientID = client
      for (let i = 0; i < 4; i++) randomEdit(doc, random)
      const bytes = Y.encodeStateAsUpdate(doc)
      for (let i = 0; i < 3; i++) bytes[random.int(bytes.length)] = random.int(256)
      return bytes
    }
    default: {
      const doc = new Y.Doc()
      doc.clientID = client
      randomEdit(doc, random)
      return Y.encodeStateAsUpdateV2(doc)
    }
  }
}
