import type { DocName, Finding, Millis, UpdateLog } from '@tutti/core'
import { SimulatedMachine, type SimulatedNetwork, type SimulatedTime, seededRandom } from '@tutti/core/testing'
import { type Authorize, openLogOn, SimulatedDisk, SimulatedServer } from '@tutti/server/testing'
import { saidBy } from './coverage.ts'
import type { Ledger } from './ledger.ts'
import { ObservedLog, storedIn } from './observed-log.ts'
import type { Action, Setting } from './plan.ts'
import { wireWitness } from './wire-witness.ts'

export interface RelayOptions {
  readonly time: SimulatedTime
  readonly network: SimulatedNetwork
  readonly ledger: Ledger
  readonly authorize: Authorize
  readonly setting: Setting['server']
  readonly seed: number
  readonly history: (what: string) => void
}

/** A server that could not start is started again after this. */
const againMs: Millis = 1_000

export const relayName = 'relay'

/** The server's machine: its disk, and one process after the other that serves from it, started again when it ends. */
export class Relay {
  readonly disk: SimulatedDisk
  readonly #options: RelayOptions
  readonly #random
  #machine: SimulatedMachine | null = null
  #server: SimulatedServer | null = null
  #log: UpdateLog | null = null
  #boots = 0
  #hasRotted = false
  #clockStepMs = 0

  constructor(options: RelayOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed)
    this.disk = new SimulatedDisk(seededRandom(options.seed + 1), { onEvent: text => options.history(`disk: ${text}`) })
    void this.#boot()
  }

  get boots(): number {
    return this.#boots
  }

  /** The log of the process that runs, if one does and it serves. */
  get log(): UpdateLog | null {
    return this.#server === null ? null : this.#log
  }

  kill(): void {
    this.#end('process')
  }

  cutPower(): void {
    this.#end('power')
  }

  /** As an operator stops it, and starts it again. */
  async stop(): Promise<void> {
    const server = this.#server
    const machine = this.#machine
    if (server === null || machine === null) return
    this.#server = null
    await server.stop()
    if (machine.isDead) return
    machine.die()
    this.disk.crash('process')
    this.#bootLater()
  }

  /** The disk forgets something while nobody has it open, and the server has to say so. */
  rot(how: (Action & { kind: 'rot' })['how']): void {
    this.kill()
    if (this.disk.rot(how) !== null) this.#hasRotted = true
  }

  setDisk(how: (Action & { kind: 'disk' })['how']): void {
    const { faults } = this.disk
    const times = 1 + this.#random.int(3)
    if (how === 'well') faults.heal()
    else if (how === 'full') faults.full = true
    else if (how === 'slow') faults.slow = true
    else if (how === 'stuck') faults.stuck = true
    else if (how === 'read-error') faults.fail(this.#random.pick(['read', 'open']), times)
    else faults.fail(this.#random.pick(['write', 'sync', 'file']), times)
  }

  get isAsleep(): boolean {
    return this.#machine?.isAsleep ?? false
  }

  sleep(ms: number): void {
    this.#machine?.sleep(ms)
  }

  stepClock(ms: number): void {
    this.#clockStepMs += ms
    this.#machine?.stepClock(ms)
  }

  #end(kind: 'process' | 'power'): void {
    const { network, history } = this.#options
    const machine = this.#machine
    if (machine === null || machine.isDead) return
    history(kind === 'process' ? 'server: killed' : 'server: power cut')
    machine.die()
    this.#server = null
    if (kind === 'power') network.vanish(relayName)
    else network.hangUp(relayName, machine)
    network.unlisten(relayName, kind === 'power')
    this.disk.crash(kind)
    this.#bootLater()
  }

  #bootLater(ms: Millis = this.#options.setting.restartMs): void {
    this.#options.time.after(ms, () => void this.#boot())
  }

  async #boot(): Promise<void> {
    const { time, network, ledger, history, setting, authorize } = this.#options
    const number = ++this.#boots
    const machine = new SimulatedMachine({
      time,
      random: seededRandom(this.#random.int(2 ** 31)),
      skewMs: this.#clockStepMs,
    })
    this.#machine = machine
    network.unlisten(relayName, false)
    network.setLatency(relayName, setting.latencyMs)
    try {
      const log = await openLogOn(this.disk.mount(machine), machine, { paceMs: setting.paceMs, historyQuality: 1 })
      await this.#audit(log)
      this.#log = log
      this.#server = new SimulatedServer({
        ...setting,
        name: relayName,
        machine,
        network,
        log: new ObservedLog(log, ledger),
        logger: {
          debug() {},
          info: (facts, text) => history(`server ${number}: ${text} ${JSON.stringify(facts)}`),
          warn: (facts, text) => history(`server ${number}: ${text} ${JSON.stringify(facts)}`),
          error: (facts, text) => history(`server ${number}: ${text} ${JSON.stringify(facts)}`),
        },
        authorize,
        tap: wireWitness(ledger),
      })
      this.#server.start()
      history(`server ${number}: serves`)
    } catch (error) {
      history(`server ${number}: cannot start: ${String(error)}`)
      machine.die()
      this.disk.crash('process')
      this.#bootLater(againMs)
    }
  }

  /** Holds what is on the disk against what was promised, before anybody is let in. */
  async #audit(log: LogWithFindings): Promise<void> {
    const { ledger } = this.#options
    if (!this.#hasRotted) {
      for (const { message } of log.findings) {
        ledger.fail('I1 saved means stored', `the store was found damaged: ${message}`)
      }
    }
    for (const doc of Array.from(ledger.docs)) {
      // Damage that was made may be named. What is not named has to be whole.
      if (this.#hasRotted && (await isNamed(log, doc))) ledger.damaged(doc)
      else await auditDocument(log, doc, ledger)
    }
  }
}

export async function auditDocument(log: UpdateLog, doc: DocName, ledger: Ledger): Promise<void> {
  const { opened, coverage } = await storedIn(log, doc)
  for (const { message } of opened.findings)
    ledger.fail('I1 saved means stored', `${doc} was found damaged: ${message}`)
  const entries = new Map(opened.entries.map(({ seq, bytes }) => [seq, saidBy(bytes)] as const))
  ledger.reopened(doc, opened.epoch, opened.head, coverage, entries)
}

type LogWithFindings = UpdateLog & { readonly findings: readonly Finding[] }

/** Whether the log says that something is wrong with a document: with it by name, or with one that has lost its name. */
async function isNamed(log: LogWithFindings, doc: DocName): Promise<boolean> {
  const { findings, head } = await log.open(doc)
  return findings.length > 0 || (head === 0 && log.findings.some(finding => finding.doc === null))
}
