import { DocState } from './doc-state.ts'
import type { AcceptedUpdate, KnownState } from './known-state.ts'
import { field, structStride } from './scan.ts'

interface Lead {
  /** Where the durable state ended when the lead began. */
  readonly from: number
  clock: number
  /** Nothing of this client is durable yet. */
  isNew: boolean
  /** Flat [from clock, depth]. */
  readonly depths: number[]
}

/**
 * What the gate must reckon with: the durable state, and what was accepted on top of it but is not yet on stable storage.
 * Readers are only ever shown `durable` (SPEC ROOM1).
 */
export class AcceptedState implements KnownState {
  readonly durable: DocState
  readonly #leads = new Map<number, Lead>()
  #newClients = 0

  constructor(durable: DocState = new DocState()) {
    this.durable = durable
  }

  clock(client: number): number {
    return this.#leads.get(client)?.clock ?? this.durable.clock(client)
  }

  depthAt(client: number, clock: number): number {
    const lead = this.#leads.get(client)
    if (lead === undefined || clock < lead.from) return this.durable.depthAt(client, clock)
    let depth = 0
    for (let i = 0; i < lead.depths.length && (lead.depths[i] as number) <= clock; i += 2) {
      depth = lead.depths[i + 1] as number
    }
    return depth
  }

  get clientCount(): number {
    return this.durable.clientCount + this.#newClients
  }

  isDeleted(client: number, clock: number, length: number): boolean {
    return this.durable.deleted.has(client, clock, length)
  }

  /** Counts an update as known, before it is durable. */
  accept(update: AcceptedUpdate): void {
    const { sections, structs } = update.scan
    for (const { client, first, count } of sections) {
      let lead = this.#leads.get(client)
      if (lead === undefined) {
        const from = this.durable.clock(client)
        if (from === 0) this.#newClients++
        lead = { from, clock: from, isNew: from === 0, depths: [] }
        this.#leads.set(client, lead)
      }
      for (let i = first; i < first + count; i++) {
        const at = i * structStride
        const end = (structs[at + field.clock] as number) + (structs[at + field.length] as number)
        if (end <= lead.clock) continue
        const depth = update.depths[i] as number
        if (lead.depths.length === 0 || lead.depths[lead.depths.length - 1] !== depth)
          lead.depths.push(lead.clock, depth)
        lead.clock = end
      }
    }
  }

  /** The oldest accepted update has become durable. */
  settle(update: AcceptedUpdate): void {
    this.durable.add(update)
    for (const { client } of update.scan.sections) {
      const lead = this.#leads.get(client)
      if (lead === undefined) continue
      const clock = this.durable.clock(client)
      if (lead.isNew && clock > 0) {
        lead.isNew = false
        this.#newClients--
      }
      if (clock >= lead.clock) this.#leads.delete(client)
    }
  }

  /** Everything accepted and not yet settled will never be durable: back to what is. */
  forget(): void {
    this.#leads.clear()
    this.#newClients = 0
  }
}
