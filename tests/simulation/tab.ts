import { Provider, type Refusal } from '@tutti/client'
import { beBrowser, SimulatedLog, socketsThat } from '@tutti/client/testing'
import { type DocName, errorKinds } from '@tutti/core'
import {
  randomEdit,
  SimulatedMachine,
  type SimulatedNetwork,
  type SimulatedTime,
  seededRandom,
} from '@tutti/core/testing'
import * as Y from 'yjs'
import { Coverage, type Said, saidBy } from './coverage.ts'
import type { Device } from './device.ts'
import type { Ledger } from './ledger.ts'

export interface TabOptions {
  readonly name: string
  readonly device: Device
  readonly time: SimulatedTime
  readonly network: SimulatedNetwork
  readonly server: string
  readonly ledger: Ledger
  readonly seed: number
  readonly history: (what: string) => void
  /** Brings initial content to documents it finds empty. */
  readonly seeds: boolean
}

interface OpenDocument {
  readonly provider: Provider
  /** Edits made here that are neither taken back nor known to be lost. */
  made: Said[]
  isEditing: boolean
  /** Somebody takes back what was refused. */
  isDeciding: boolean
}

/** Where initial content goes, and nothing else: it may be there once. */
export const seededType = 'seeded'

/** One tab of a device: a process with the real client in it. */
export class Tab {
  readonly name: string
  readonly machine: SimulatedMachine
  readonly documents: Map<DocName, OpenDocument> = new Map()
  readonly #options: TabOptions
  readonly #random
  readonly #log: SimulatedLog
  readonly #sockets
  readonly #host

  constructor(options: TabOptions) {
    const { device, time, network, server, seed } = options
    this.#options = options
    this.name = options.name
    this.#random = seededRandom(seed)
    const { skewMs, drift } = device.setting
    this.machine = new SimulatedMachine({ time, random: seededRandom(seed + 1), skewMs, drift })
    this.#log = new SimulatedLog(device.log, this.machine, seededRandom(seed + 2), device.storage)
    this.#sockets = socketsThat((request, listener) =>
      network.dial(device.name, this.machine, server, request, listener),
    )
    this.#host = device.browser.hostFor(this, this.machine.timers)
  }

  open(doc: DocName): void {
    if (this.documents.has(doc)) return
    const { device, seeds } = this.#options
    device.known.add(doc)
    const notBrowser = beBrowser(this.#host)
    try {
      const provider = new Provider('ws://relay', doc, this.#fresh(), {
        WebSocketPolyfill: this.#sockets,
        localLog: this.#log,
        env: this.machine,
        token: this.#token,
        maxBackoffTime: device.setting.maxBackoffTime,
        warnOnClose: false,
        ...(seeds && { seed: (ydoc: Y.Doc) => ydoc.getArray(seededType).push(['from the seed']) }),
      })
      const open: OpenDocument = { provider, made: [], isEditing: false, isDeciding: false }
      this.documents.set(doc, open)
      this.#watch(doc, open)
    } finally {
      notBrowser()
    }
  }

  /** Something that was made here is not on the device yet. */
  get isAheadOfDevice(): boolean {
    return [...this.documents.values()].some(
      ({ provider: { saving } }) => 'onThisDevice' in saving && !saving.onThisDevice,
    )
  }

  readonly #token = () => this.#options.device.name

  #fresh(): Y.Doc {
    const doc = new Y.Doc()
    doc.clientID = 1 + this.#random.int(2 ** 32 - 1)
    return doc
  }

  #watch(doc: DocName, open: OpenDocument): void {
    const { provider } = open
    const { history, ledger } = this.#options
    const hear = (ydoc: Y.Doc) => {
      ydoc.on('update', (update: Uint8Array) => {
        if (!open.isEditing) return
        const said = saidBy(update)
        open.made.push(said)
        ledger.made(doc, said)
      })
    }
    hear(provider.doc)
    provider.on('reload', fresh => {
      history(`${this.name} ${doc}: begins anew`)
      hear(fresh)
      if (!open.isDeciding) void this.#holdToScreen(doc, open, fresh)
    })
    provider.on('saving-state', state => history(`${this.name} ${doc}: ${JSON.stringify(state)}`))
    provider.on('closed', why => {
      history(`${this.name} ${doc}: closed ${JSON.stringify(why)}`)
      if (why.code === errorKinds['bad-message'].closeCode)
        ledger.fail('I12 no fault is found', `${this.name} ${doc}: ${why.reason}`)
    })
    provider.on('refused', refusal => {
      history(`${this.name} ${doc}: refused ${refusal.code}, ${refusal.edits} edits`)
      this.#decideLater(doc, open, refusal)
    })
  }

  #decideLater(doc: DocName, open: OpenDocument, refusal: Refusal): void {
    this.machine.timers.after(this.#random.int(3_000), () => void this.#decide(doc, open, refusal))
  }

  async #decide(doc: DocName, open: OpenDocument, refusal: Refusal): Promise<void> {
    const { device, ledger, history } = this.#options
    const forget = () => {
      const { durable } = ledger.account(doc)
      open.made = open.made.filter(said => durable.lacks(said) === null)
      device.forgetClaims(doc)
    }
    forget()
    const isKept = this.#random.chance(0.5)
    open.isDeciding = true
    try {
      await (isKept ? refusal.keep('no') : refusal.undo())
      history(`${this.name} ${doc}: the refused edits are ${isKept ? 'kept' : 'undone'}`)
    } catch (error) {
      history(`${this.name} ${doc}: could not decide: ${String(error)}`)
      // As people do: once more, unless there is nothing left to decide, or it would be told again.
      const isOpen = this.documents.get(doc) === open
      if (isOpen && open.provider.saving.kind === 'refused') return this.#decideLater(doc, open, refusal)
    } finally {
      open.isDeciding = false
    }
    forget()
  }

  edit(doc: DocName, many: number, seed: number): void {
    const open = this.documents.get(doc)
    if (open === undefined) return
    const random = seededRandom(seed)
    open.isEditing = true
    for (let i = 0; i < many; i++) randomEdit(open.provider.doc, random)
    open.isEditing = false
  }

  /** What people do when their work was ended or refused, and they may have been let in again. */
  goOn(): void {
    for (const { provider } of this.documents.values()) {
      const { kind } = provider.saving
      // One that was ended together with another one is no longer asked for, and has nothing to say of it.
      const isOff = !provider.shouldConnect
      if (isOff || kind === 'read-only' || kind === 'refused' || kind === 'ended') provider.connect()
    }
  }

  close(doc: DocName): void {
    const open = this.documents.get(doc)
    if (open === undefined) return
    this.documents.delete(doc)
    void open.provider.close()
  }

  /** The tab is gone in the middle of whatever it did. */
  async crash(): Promise<void> {
    const { device, network } = this.#options
    this.machine.die()
    network.hangUp(device.name, this.machine)
    device.browser.crash(this)
    await this.#holdToWord()
    await device.holdToPositions(this.#options.ledger)
    // Nothing it does now has any effect; this only lets go of memory.
    for (const { provider } of this.documents.values()) void provider.close()
    this.documents.clear()
  }

  /** Nothing that was made here goes from the screen because another tab took something back; except into a branch. */
  async #holdToScreen(doc: DocName, { made }: OpenDocument, fresh: Y.Doc): Promise<void> {
    const { device, ledger } = this.#options
    const shown = new Coverage()
    shown.add(saidBy(Y.encodeStateAsUpdate(fresh)))
    const gone = made.filter(said => shown.lacks(said) !== null && ledger.account(doc).durable.lacks(said) !== null)
    if (gone.length === 0) return
    for (const { bytes } of await device.log.branches(doc)) shown.add(saidBy(bytes))
    for (const said of gone) {
      const lack = shown.lacks(said)
      if (lack !== null) ledger.fail('I11 nothing vanishes', `${this.name} ${doc}: gone from the screen: ${lack}`)
    }
  }

  /** What it said to be on the device has to be there, and to be counted there until the server has it. */
  async #holdToWord(): Promise<void> {
    const { device, ledger } = this.#options
    for (const [doc, { provider, made }] of this.documents) {
      const { saving } = provider
      if (!('onThisDevice' in saving) || !saving.onThisDevice || saving.kind === 'refused') continue
      const { updates, pending } = await device.log.open(doc)
      const kept = new Coverage()
      for (const update of updates) kept.add(saidBy(update))
      const { durable } = ledger.account(doc)
      const counted = new Coverage()
      counted.add(durable.said())
      for (const { bytes } of pending) counted.add(saidBy(bytes))
      for (const said of made) {
        const forgotten = counted.lacks(said)
        if (forgotten !== null) {
          ledger.fail('I1 on this device', `${this.name} ${doc}: neither saved nor counted as pending: ${forgotten}`)
        }
        const lack = kept.lacks(said)
        if (lack !== null && durable.lacks(said) !== null) {
          ledger.fail('I1 on this device', `${this.name} ${doc}: said to be on the device, and not there: ${lack}`)
        }
        device.claims.push({ doc, said })
      }
    }
  }

  /** Whether somebody is told more than is so. */
  check(): void {
    const { ledger } = this.#options
    for (const [doc, open] of this.documents) {
      const { provider, made } = open
      if (ledger.isDamaged(doc) || made.length === 0 || provider.saving.kind !== 'saved') continue
      const { durable, acked } = ledger.account(doc)
      for (const said of made) {
        const lack = durable.lacks(said)
        if (lack !== null) ledger.fail('I8 the truth', `${this.name} ${doc}: says saved, and is not: ${lack}`)
        acked.add(said)
      }
      // From here on the ledger answers for them.
      open.made = []
    }
  }
}
