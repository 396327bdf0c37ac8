import { type DocName, decodeClientMessage, decodeServerMessage, decodeStockMessage } from '@tutti/core'
import type { WireTap } from '@tutti/server/testing'
import { listedIn, type Said, saidBy } from './coverage.ts'
import type { Ledger } from './ledger.ts'
import { type Holding, Reading } from './reading.ts'

interface Talk {
  readonly requests: Map<number, Holding>
  readonly readings: Map<number, Reading>
  /** Sent by the client and not acknowledged, by channel. */
  readonly sent: Map<number, { readonly counter: number; readonly said: Said }[]>
}

/** Reads every message of one server and tells the ledger what it promises. It trusts nobody's word but the bytes. */
export function wireWitness(ledger: Ledger): WireTap {
  const talks = new Map<number, Talk>()
  const talkOf = (connection: number): Talk => {
    let talk = talks.get(connection)
    if (talk === undefined) {
      talk = { requests: new Map(), readings: new Map(), sent: new Map() }
      talks.set(connection, talk)
    }
    return talk
  }
  return {
    heard(connection, dialect, _doc, bytes) {
      if (dialect !== 'native') return
      const decoded = decodeClientMessage(bytes)
      if (!decoded.ok) return
      const message = decoded.value
      const talk = talkOf(connection)
      if (message.type === 'open') {
        const { request, epoch, position, stateVector } = message
        talk.requests.set(request, { doc: message.doc as DocName, epoch, position, stateVector: stateVector.slice() })
      }
      if (message.type === 'reconcile') talk.readings.get(message.channel)?.asked(message.stateVector)
      if (message.type === 'update') {
        const said = readOrNull(message.bytes)
        if (said === null) return
        talk.readings.get(message.channel)?.holds(saidBy(message.bytes))
        const sent = talk.sent.get(message.channel) ?? []
        talk.sent.set(message.channel, sent)
        // A resync begins anew: what was under way and not acknowledged is brought again.
        if (message.resync) sent.length = 0
        sent.push({ counter: message.counter, said })
      }
    },
    said(connection, dialect, doc, bytes) {
      if (dialect === 'stock') {
        const decoded = decodeStockMessage(bytes)
        if (!decoded.ok || doc === null) return
        const message = decoded.value
        if (message.type === 'sync-step-2' || message.type === 'update') ledger.shown(doc, saidBy(message.bytes))
        return
      }
      const decoded = decodeServerMessage(bytes)
      if (!decoded.ok) throw new Error(`the server said nothing: ${decoded.error.message}`)
      const message = decoded.value
      const talk = talkOf(connection)
      if (message.type === 'opened') {
        talk.readings.set(message.channel, new Reading(ledger, talk.requests.get(message.request) as Holding))
      }
      const reading = 'channel' in message ? talk.readings.get(message.channel) : undefined
      if (reading === undefined) return
      if (message.type === 'state') reading.state(message.head, message.total)
      if (message.type === 'piece') {
        const said = saidBy(message.bytes)
        ledger.shown(reading.doc, said)
        reading.piece(said, message.bytes.length)
      }
      if (message.type === 'push') {
        const said = saidBy(message.bytes)
        ledger.shown(reading.doc, said)
        ledger.placed(reading.doc, said, message.to)
        reading.holds(said)
        reading.told(message.to)
      }
      if (message.type === 'ack') {
        const sent = talk.sent.get(message.channel) ?? []
        while (sent[0] !== undefined && sent[0].counter <= message.counter) {
          const { said } = sent.shift() as (typeof sent)[number]
          ledger.acked(reading.doc, said)
          ledger.placed(reading.doc, said, message.seq)
        }
        reading.told(message.through)
      }
    },
  }
}

function readOrNull(update: Uint8Array): Said | null {
  try {
    return listedIn(update)
  } catch {
    return null
  }
}
