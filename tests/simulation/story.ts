import type { DocName } from '@tutti/core'
import { readContent, SimulatedNetwork, SimulatedTime, seededRandom } from '@tutti/core/testing'
import type { Authorize } from '@tutti/server/testing'
import * as Y from 'yjs'
import { Device, readCopy } from './device.ts'
import { Ledger, type Violation } from './ledger.ts'
import { storedIn } from './observed-log.ts'
import type { Action, Plan } from './plan.ts'
import { auditDocument, Relay, relayName } from './relay.ts'
import { StockClient } from './stock-client.ts'
import { letStrangerIn } from './stranger.ts'
import { seededType, Tab } from './tab.ts'

export interface Outcome {
  readonly violation: Violation | null
  readonly virtualMs: number
  readonly turns: number
  readonly boots: number
  readonly acknowledged: number
  readonly shown: number
  /** Changes when anything about the story does. */
  readonly fingerprint: number
}

/**
 * How long everything may take to be well again once nothing is in the way any more: who sleeps wakes up within 90 s, who
 * is connected to nobody notices within 60 s, who waits comes back within 15 s.
 */
const healMs = 200_000
const checkEveryMs = 250

/** Tells the story of a plan: the real server and the real clients, in simulated time, on simulated disks and networks. */
export async function tell(plan: Plan, record: ((line: string) => void) | null = null): Promise<Outcome> {
  const story = new Story(plan, record)
  await story.run()
  return story.outcome
}

/** What is stored of a document, as it is compared. */
interface Read {
  readonly vector: string
  readonly content: unknown
}

class Story {
  readonly #plan: Plan
  readonly #time = new SimulatedTime()
  readonly #network: SimulatedNetwork
  readonly #ledger = new Ledger()
  readonly #devices: Device[]
  readonly #stock: StockClient[]
  readonly #relay: Relay
  readonly #random
  readonly #record: ((line: string) => void) | null
  #tabs = 0
  #fingerprint = 0

  constructor(plan: Plan, record: ((line: string) => void) | null) {
    const { seed, setting } = plan
    this.#plan = plan
    this.#record = record
    this.#random = seededRandom(seed + 0.5)
    this.#network = new SimulatedNetwork(this.#time, seededRandom(this.#draw()))
    const history = (what: string) => this.#tell(what)
    // Of each of them the disk is asked at every start: what was refused may be there all the same.
    for (const doc of setting.docs) this.#ledger.account(doc)
    const shared = { time: this.#time, network: this.#network, ledger: this.#ledger, history }
    const env = { clock: { now: () => this.#time.now, ticks: () => this.#time.now } }
    this.#relay = new Relay({ ...shared, authorize: this.#door(), setting: setting.server, seed: this.#draw() })
    this.#devices = setting.devices.map((device, i) => {
      this.#network.setLatency(`device${i}`, device.latencyMs)
      const timers = {
        after: (ms: number, call: () => void) => this.#time.after(ms, call),
        soon: (call: () => void) => void this.#time.after(0, call),
      }
      return new Device(`device${i}`, device, { ...env, timers, random: seededRandom(this.#draw()) }, this.#draw())
    })
    for (const device of this.#devices) this.#openTab(device)
    this.#stock = Array.from({ length: setting.stockClients }, (_, i) => {
      const doc = setting.docs[i % setting.docs.length] as DocName
      return new StockClient({ ...shared, name: `stock${i}`, doc, server: relayName, seed: this.#draw() })
    })
  }

  get outcome(): Outcome {
    return {
      violation: this.#ledger.violation,
      virtualMs: Math.round(this.#time.now),
      turns: this.#time.turns,
      boots: this.#relay.boots,
      acknowledged: this.#ledger.acknowledged,
      shown: this.#ledger.shownUpdates,
      fingerprint: this.#fingerprint,
    }
  }

  async run(): Promise<void> {
    for (const { at, action } of this.#plan.actions) {
      await this.#passUntil(at)
      if (this.#ledger.violation !== null) return
      this.#tell(`> ${JSON.stringify(action)}`)
      await this.#perform(action)
    }
    await this.#passUntil(this.#plan.setting.lengthMs)
    if (this.#ledger.violation === null) await this.#heal()
    for (const device of this.#devices) for (const tab of Array.from(device.tabs)) await tab.crash()
    for (const client of this.#stock) client.ydoc.destroy()
  }

  async #passUntil(moment: number): Promise<void> {
    while (this.#time.now < moment && this.#ledger.violation === null) {
      await this.#time.runUntil(Math.min(moment, this.#time.now + checkEveryMs))
      for (const device of this.#devices) {
        for (const tab of device.tabs) tab.check()
        await device.holdToPositionsInTrouble(this.#ledger)
      }
    }
  }

  // Acts.

  async #perform(action: Action): Promise<void> {
    switch (action.kind) {
      case 'edit':
        return this.#tab(action.who)?.edit(this.#doc(action.doc), action.many, action.seed)
      case 'open':
        return this.#tab(action.who)?.open(this.#doc(action.doc))
      case 'close':
        return this.#tab(action.who)?.close(this.#doc(action.doc))
      case 'disconnect':
        return this.#tab(action.who)?.documents.get(this.#doc(action.doc))?.provider.disconnect()
      case 'connect':
        return this.#tab(action.who)?.documents.get(this.#doc(action.doc))?.provider.connect()
      case 'crash-tab': {
        const tab = this.#tab(action.who)
        if (tab !== null) await this.#crash(tab)
        return
      }
      case 'open-tab': {
        const device = this.#device(action.device)
        if (device.tabs.length >= 3) return
        const tab = this.#openTab(device)
        for (const doc of device.known) tab.open(doc)
        return
      }
      case 'sleep-device':
        for (const tab of this.#device(action.device).tabs) tab.machine.sleep(action.ms)
        return
      case 'step-device-clock':
        for (const tab of this.#device(action.device).tabs) tab.machine.stepClock(action.ms)
        return
      case 'device-storage': {
        const { storage, setting } = this.#device(action.device)
        storage.isFull = action.how === 'full'
        storage.isBroken = action.how === 'broken'
        storage.latencyMs = action.how === 'slow' ? setting.storageMs * 50 : setting.storageMs
        return
      }
      case 'cut':
        return this.#network.cut(this.#device(action.device).name)
      case 'partition': {
        const { how } = action
        const deafened = how === 'deaf' || how === 'both'
        return this.#network.block(this.#device(action.device).name, {
          deafened,
          muted: how === 'mute' || how === 'both',
        })
      }
      case 'slow-link':
        return this.#network.setLatency(this.#device(action.device).name, action.ms)
      case 'kill-server':
        return this.#relay.kill()
      case 'cut-power':
        return this.#relay.cutPower()
      case 'stop-server':
        return void this.#relay.stop()
      case 'sleep-server':
        return this.#relay.sleep(action.ms)
      case 'step-server-clock':
        return this.#relay.stepClock(action.ms)
      case 'disk':
        return this.#relay.setDisk(action.how)
      case 'rot':
        return this.#relay.rot(action.how)
      case 'permission':
        this.#device(action.device).permission = action.how
        return
      case 'stock-edit':
        return this.#stock[action.who % Math.max(1, this.#stock.length)]?.edit(action.many, action.seed)
      case 'stock-cut': {
        const client = this.#stock[action.who % Math.max(1, this.#stock.length)]
        return client === undefined ? undefined : this.#network.cut(client.name)
      }
      case 'stranger':
        return letStrangerIn(this.#time, this.#network, this.#doc(action.seed), action.seed)
      default:
    }
  }

  async #crash(tab: Tab): Promise<void> {
    for (const device of this.#devices) {
      const at = device.tabs.indexOf(tab)
      if (at >= 0) device.tabs.splice(at, 1)
    }
    await tab.crash()
  }

  #openTab(device: Device): Tab {
    const tab = new Tab({
      name: `${device.name}.${++this.#tabs}`,
      device,
      time: this.#time,
      network: this.#network,
      server: relayName,
      ledger: this.#ledger,
      seed: this.#draw(),
      history: what => this.#tell(what),
      seeds: this.#plan.setting.seeds,
    })
    device.tabs.push(tab)
    return tab
  }

  // The end.

  /** Everything that was in the way goes away; then all has to become well by itself. */
  async #heal(): Promise<void> {
    this.#tell('nothing is in the way any more')
    this.#relay.setDisk('well')
    for (const device of this.#devices) {
      device.permission = 'write'
      device.storage.isFull = false
      device.storage.isBroken = false
      device.storage.latencyMs = device.setting.storageMs
      this.#network.setLatency(device.name, device.setting.latencyMs)
      this.#network.block(device.name, { deafened: false, muted: false })
      if (device.tabs.length === 0) this.#openTab(device)
      for (const tab of device.tabs) {
        for (const doc of device.known) {
          tab.open(doc)
          tab.documents.get(doc)?.provider.connect()
        }
      }
    }
    const until = this.#time.now + healMs
    let unwell: string | null = 'never looked'
    while (this.#time.now < until && unwell !== null && this.#ledger.violation === null) {
      await this.#passUntil(this.#time.now + 3_000)
      for (const device of this.#devices) for (const tab of device.tabs) tab.goOn()
      unwell = this.#whatIsNotWell()
    }
    if (this.#ledger.violation !== null) return
    if (unwell !== null) return this.#ledger.fail('I9 it goes on', unwell)
    // Whatever still wants to happen: devices that failed try again within half a minute.
    await this.#passUntil(this.#time.now + 45_000)
    await this.#compareAll()
  }

  #whatIsNotWell(): string | null {
    if (this.#relay.log === null) return 'the server does not serve'
    if (this.#relay.isAsleep) return 'the server is asleep'
    for (const device of this.#devices) {
      for (const tab of device.tabs) {
        if (tab.machine.isAsleep) return `${tab.name} is asleep`
        for (const [doc, { provider }] of tab.documents) {
          if (this.#ledger.isDamaged(doc)) continue
          const { saving } = provider
          if (saving.kind !== 'saved') return `${tab.name} ${doc} is not saved: ${JSON.stringify(saving)}`
          if (!provider.synced) return `${tab.name} ${doc} is not synced`
        }
      }
    }
    for (const doc of this.#plan.setting.docs) {
      if (this.#ledger.isDamaged(doc)) continue
      const replicas = this.#replicas(doc)
      const [first] = replicas
      if (first === undefined) continue
      const [vector, content] = [vectorOf(first.ydoc), readContent(first.ydoc)]
      for (const { name, ydoc } of replicas) {
        if (vectorOf(ydoc) !== vector) return `${doc}: ${name} and ${first.name} do not have the same edits`
        // Vectors do not tell of deletions, and who is connected to nobody may lack one until it notices.
        const difference = firstDifference(readContent(ydoc), content, '')
        if (difference !== null) return `${doc}: ${name} and ${first.name} read differently: ${difference}`
      }
    }
    return null
  }

  #replicas(doc: DocName): { readonly name: string; readonly ydoc: Y.Doc }[] {
    const tabs = this.#devices.flatMap(device => device.tabs)
    return [
      ...tabs.flatMap(tab => {
        const open = tab.documents.get(doc)
        return open === undefined ? [] : [{ name: tab.name, ydoc: open.provider.doc }]
      }),
      ...this.#stock.filter(client => client.doc === doc).map(({ name, ydoc }) => ({ name, ydoc })),
    ]
  }

  async #compareAll(): Promise<void> {
    const { log } = this.#relay
    if (log === null) return this.#ledger.fail('I9 it goes on', 'the server does not serve at the end')
    const vectors = new Map<DocName, string>()
    for (const doc of this.#plan.setting.docs) {
      if (this.#ledger.isDamaged(doc)) continue
      const stored = await this.#until(auditAndRead(log, doc, this.#ledger))
      if (stored === null) return
      const times = stored.getArray(seededType).length
      if (times > 1) this.#ledger.fail('I10 begun once', `${doc}: the initial content is there ${times} times`)
      const read = { vector: vectorOf(stored), content: readContent(stored) }
      vectors.set(doc, read.vector)
      for (const { name, ydoc } of this.#replicas(doc)) this.#compare(doc, name, ydoc, read)
    }
    for (const device of this.#devices) {
      for (const { doc, said } of device.claims) {
        if (this.#ledger.isDamaged(doc)) continue
        const lack = this.#ledger.account(doc).durable.lacks(said)
        if (lack !== null) this.#ledger.fail('I1 on this device', `${device.name} ${doc}: never arrived: ${lack}`)
      }
      for (const doc of device.known) {
        if (!this.#ledger.isDamaged(doc)) await this.#compareDevice(device, doc, vectors.get(doc) as string)
      }
      await this.#until(device.holdToPositions(this.#ledger))
    }
  }

  #compare(doc: DocName, name: string, ydoc: Y.Doc, stored: Read): void {
    if (ydoc.store.pendingStructs !== null || ydoc.store.pendingDs !== null) {
      this.#ledger.fail('I3 nothing hangs', `${doc}: ${name} has edits it cannot apply`)
    }
    if (vectorOf(ydoc) !== stored.vector) {
      this.#ledger.fail('I2 all equal', `${doc}: ${name} and the disk do not have the same edits`)
    } else {
      const difference = firstDifference(readContent(ydoc), stored.content, '')
      if (difference !== null)
        this.#ledger.fail('I2 all equal', `${doc}: ${name} and the disk read differently: ${difference}`)
    }
  }

  async #compareDevice(device: Device, doc: DocName, vector: string): Promise<void> {
    const opened = await this.#until(device.log.open(doc))
    if (opened === null) return
    const { updates, pending } = opened
    if (pending.length > 0)
      this.#ledger.fail('I9 it goes on', `${device.name} ${doc}: ${pending.length} pending at the end`)
    const copy = readCopy(updates)
    if (copy.hasGaps) {
      this.#ledger.fail('I3 nothing hangs', `${doc}: the copy on ${device.name} has gaps`)
    }
    if (inWords(copy.stateVector) !== vector) {
      this.#ledger.fail('I2 all equal', `${doc}: ${device.name} and the disk do not have the same edits`)
    }
  }

  /** Time goes on while something is awaited that needs it; null when that does not come. */
  async #until<T>(work: Promise<T>): Promise<T | null> {
    let isDone = false
    void (async () => {
      await work.catch(() => {})
      isDone = true
    })()
    const until = this.#time.now + healMs
    while (!isDone && this.#time.now < until) await this.#time.runUntil(this.#time.now + 10)
    if (isDone) return await work
    this.#ledger.fail('I9 it goes on', 'what is stored cannot be read at the end')
    return null
  }

  // What it needs.

  #door(): Authorize {
    const permissionOf = (subject: string) => this.#devices.find(({ name }) => name === subject)?.permission ?? 'write'
    return {
      identify: token => (permissionOf(token) === 'expired' ? null : { subject: token }),
      permit: ({ subject }) => {
        const permission = permissionOf(subject)
        return permission === 'read' || permission === 'write' ? permission : null
      },
    }
  }

  #device(number: number): Device {
    return this.#devices[number % this.#devices.length] as Device
  }

  #tab(number: number): Tab | null {
    const tabs = this.#devices.flatMap(device => device.tabs)
    return tabs[number % Math.max(1, tabs.length)] ?? null
  }

  #doc(number: number): DocName {
    const { docs } = this.#plan.setting
    return docs[number % docs.length] as DocName
  }

  #draw(): number {
    return this.#random.int(2 ** 31)
  }

  #tell(what: string): void {
    for (let i = 0; i < what.length; i += 7) this.#fingerprint = (this.#fingerprint * 31 + what.charCodeAt(i)) | 0
    this.#fingerprint = (this.#fingerprint * 31 + Math.round(this.#time.now * 1000)) | 0
    this.#record?.(`${(this.#time.now / 1000).toFixed(3).padStart(10)}  ${what}`)
  }
}

async function auditAndRead(log: Parameters<typeof storedIn>[0], doc: DocName, ledger: Ledger): Promise<Y.Doc> {
  await auditDocument(log, doc, ledger)
  const { updates } = await storedIn(log, doc)
  const ydoc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(ydoc, update)
  return ydoc
}

function vectorOf(doc: Y.Doc): string {
  return inWords(Y.encodeStateVector(doc))
}

function inWords(stateVector: Uint8Array): string {
  return [...Y.decodeStateVector(stateVector)].sort(([a], [b]) => a - b).join(' ')
}

/** Where two contents differ first, and how. */
function firstDifference(a: unknown, b: unknown, path: string): string | null {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return Object.is(a, b) ? null : `${path}: ${JSON.stringify(a)} and ${JSON.stringify(b)}`
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = firstDifference(a[key as never], b[key as never], `${path}/${key}`)
    if (found !== null) return found
  }
  return null
}
