import { cp, readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DocName, type Epoch, type NewEntry, seq, systemEnv, TuttiError } from '../../packages/core/src/index.ts'
import type { LevelLog } from '../../packages/server/src/log/level-log.ts'
import { openLevelLog } from '../../packages/server/src/log/open-level-log.ts'

/** Something that makes calls fail while it is on. */
export interface Fault {
  start(): void
  /** From now on nothing fails. */
  end(): void
}

/**
 * When a fault that does not pass by itself ends: before the log is asked whether it is well again, or after the process that
 * met it has closed its log.
 */
export type FaultEnd = 'before probing' | 'after closing'

/** What a life of a store with a fault came to. */
export interface WorkloadReport {
  acknowledged: number
  refused: number
  /** Opening was refused so often. */
  notOpened: number
  /** Acknowledged and not there, or not as it was. */
  lost: number
  /** Refused, and there nevertheless. */
  shown: number
  /** The longest it took to be well again after the fault had ended; 0 where nothing was refused. */
  wellAfterMs: number
  /** What must not be, in words. */
  wrong: string[]
}

const epoch = 'e1' as Epoch
const author = { subject: 'ana', device: 'phone', session: 's1' }
const documents = ['blues', 'jazz', 'march', 'polka'] as DocName[]
const limitMs = 5_000
/** No life takes so long, however busy the machine. */
const lifeMs = 60_000

/** A store that has lived: tables, history, a checkpoint, a tail, and a log that is not yet a table. */
export async function buildStore(folder: string, crashed: string): Promise<void> {
  const first = await openLevelLog(folder, systemEnv)
  for (const doc of documents) for (let i = 1; i <= 20; i++) await first.append(doc, epoch, [entry(i)])
  for (const doc of documents.slice(0, 2)) await first.checkpoint(doc, checkpointAt(15))
  await first.close()
  const second = await openLevelLog(folder, systemEnv)
  for (const doc of documents) for (let i = 21; i <= 30; i++) await second.append(doc, epoch, [entry(i)])
  await cp(folder, crashed, { recursive: true })
  await second.close()
}

/** Opens, appends, folds, removes, closes and opens again, while the fault is on; then looks at what is there without it. */
export async function liveWith(
  folder: string,
  fault: Fault,
  ends: FaultEnd,
  open: (folder: string) => Promise<LevelLog> = place => openLevelLog(place, systemEnv),
): Promise<WorkloadReport> {
  const life = new Life(folder, fault, ends, open)
  fault.start()
  const ran = await within(lifeMs, life.run())
  fault.end()
  const judged = ran && (await within(lifeMs, life.judge()))
  if (!judged) life.report.wrong.push(`something waits for ever, in ${life.stage}`)
  return life.report
}

/** False when it takes longer, and then is not waited for. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController()
  const late = sleep(ms, false, { signal: over.signal }).catch(() => false)
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    over.abort()
  }
}

/** Bytes that tell their counter. */
function entry(counter: number): NewEntry {
  const bytes = new Uint8Array(40 + ((counter * 7919) % 3000)).fill(counter)
  return { bytes, at: 1_700_000_000_000, base: seq(0), author, counter }
}

function checkpointAt(position: number): {
  seq: ReturnType<typeof seq>
  bytes: Uint8Array
  at: number
  content: string
} {
  return { seq: seq(position), bytes: new Uint8Array(2000).fill(position), at: 1, content: '' }
}

class Life {
  readonly report: WorkloadReport = {
    acknowledged: 0,
    refused: 0,
    notOpened: 0,
    lost: 0,
    shown: 0,
    wellAfterMs: 0,
    wrong: [],
  }
  /** What it is doing. */
  stage = 'opening'
  readonly #folder: string
  readonly #fault: Fault
  readonly #ends: FaultEnd
  readonly #openWith: (folder: string) => Promise<LevelLog>
  /** Counters in the order of their positions. */
  readonly #acknowledged = new Map<DocName, number[]>(
    documents.map(doc => [doc, Array.from({ length: 30 }, (_, i) => i + 1)]),
  )
  readonly #lastTried = new Map<DocName, number>()
  readonly #removed = new Set<DocName>()
  /** Documents whose removal was refused: it may have happened or not. */
  readonly #doubtful = new Set<DocName>()
  /** A log was closed while it refused: what it refused may be there or not. */
  #mayShow = false

  constructor(folder: string, fault: Fault, ends: FaultEnd, open: (folder: string) => Promise<LevelLog>) {
    this.#openWith = open
    this.#folder = folder
    this.#fault = fault
    this.#ends = ends
  }

  async run(): Promise<void> {
    for (let opening = 0; opening < 2; opening++) {
      const log = await this.#open()
      if (log === null) return
      for (let turn = 0; turn < 6; turn++) {
        const isWell = await this.#turn(log, opening, turn)
        if (isWell) continue
        if (this.#ends === 'after closing') {
          this.#mayShow = true
          break
        }
        this.#fault.end()
        if (!(await this.#recover(log))) break
      }
      await this.#tolerate('closing', () => log.close())
      this.#fault.end()
      if (opening === 0 && !this.#mayShow) this.#fault.start()
    }
  }

  async #open(): Promise<LevelLog | null> {
    this.stage = 'opening'
    const began = performance.now()
    while (performance.now() - began < limitMs) {
      try {
        const log = await this.#openWith(this.#folder)
        this.#note(log)
        return log
      } catch (error) {
        this.report.notOpened++
        if (!(error instanceof TuttiError && error.message.includes(this.#folder))) this.#blame('opening', error)
        else this.#check('opening', error)
        if (this.#ends === 'before probing' || this.report.notOpened > 2) this.#fault.end()
        await sleep(20)
      }
    }
    this.report.wrong.push(`it does not open again within ${limitMs} ms`)
    return null
  }

  /** False when something was refused. */
  async #turn(log: LevelLog, opening: number, turn: number): Promise<boolean> {
    const born = `born ${opening} ${turn}` as DocName
    const passing = `passing ${opening} ${turn}` as DocName
    const before = this.report.refused
    await Promise.all(
      [...documents, born, passing].map(async (doc, i) => {
        for (let n = 0; n < 3; n++) await this.#append(log, doc, 1 + ((i + n + turn) % 3))
      }),
    )
    if (turn % 2 === 1) {
      const doc = documents[(opening * 3 + turn) % documents.length] as DocName
      const position = this.#acknowledged.get(doc)?.length ?? 0
      await this.#attempt('a checkpoint', () => log.checkpoint(doc, checkpointAt(position)))
    }
    if (this.#acknowledged.has(passing)) {
      const isGone = await this.#attempt('removing', () => log.remove(passing))
      if (isGone) this.#removed.add(passing)
      else this.#doubtful.add(passing)
      if (isGone) this.#acknowledged.delete(passing)
    }
    await this.#read(log, documents[turn % documents.length] as DocName)
    return this.report.refused === before
  }

  async #append(log: LevelLog, doc: DocName, count: number): Promise<void> {
    const known = this.#acknowledged.get(doc) ?? []
    const last = Math.max(0, ...known, this.#lastTried.get(doc) ?? 0)
    const entries = Array.from({ length: count }, (_, i) => entry(last + 1 + i))
    this.#lastTried.set(doc, last + count)
    const isStored = await this.#attempt('an append', () => log.append(doc, epoch, entries))
    if (!isStored) return
    this.#acknowledged.set(doc, [...(this.#acknowledged.get(doc) ?? []), ...entries.map(({ counter }) => counter)])
    this.report.acknowledged += count
  }

  /** Everything acknowledged can be read, or the store says that it cannot. */
  async #read(log: LevelLog, doc: DocName): Promise<void> {
    this.stage = 'reading'
    try {
      const { checkpoint, entries, findings } = await log.open(doc)
      for (const finding of findings) this.report.wrong.push(`a fault is taken for damage: ${finding.message}`)
      if (this.#mayShow) return
      const expected = (this.#acknowledged.get(doc) ?? []).slice(checkpoint?.seq ?? 0).join()
      const found = entries.map(({ counter }) => counter).join()
      if (found !== expected) this.report.wrong.push(`${doc} reads ${found}, not ${expected}`)
    } catch (error) {
      this.#check('reading', error)
    }
  }

  /** The fault is over: the log must be well again by itself, soon. */
  async #recover(log: LevelLog): Promise<boolean> {
    this.stage = 'a probe'
    const began = performance.now()
    let reason: unknown
    while (performance.now() - began < limitMs) {
      try {
        await log.probe()
        this.report.wellAfterMs = Math.max(this.report.wellAfterMs, performance.now() - began)
        return true
      } catch (error) {
        reason = error
        this.#check('a probe', error)
        await sleep(20)
      }
    }
    this.report.wrong.push(`it is not well again within ${limitMs} ms: ${String(reason)}`)
    return false
  }

  async #attempt(what: string, run: () => Promise<unknown>): Promise<boolean> {
    this.stage = what
    try {
      await run()
      return true
    } catch (error) {
      this.report.refused++
      this.#check(what, error)
      return false
    }
  }

  async #tolerate(what: string, run: () => Promise<unknown>): Promise<void> {
    this.stage = what
    try {
      await run()
    } catch (error) {
      this.#check(what, error)
    }
  }

  /** A failure has the name that operators know. */
  #check(what: string, error: unknown): void {
    if (!(error instanceof TuttiError && error.code === 'store-unavailable')) this.#blame(what, error)
  }

  #blame(what: string, error: unknown): void {
    const { code, stack } = error as { code?: string; stack?: string }
    this.report.wrong.push(`${what} failed with ${code}: ${stack}`)
  }

  #note(log: LevelLog): void {
    for (const finding of log.findings) this.report.wrong.push(`a fault is taken for damage: ${finding.message}`)
  }

  /** Without any fault: what is there? */
  async judge(): Promise<void> {
    this.stage = 'looking at what is there'
    const { report } = this
    const log = await openLevelLog(this.#folder, systemEnv).catch((error: unknown) => {
      report.wrong.push(`it does not open without the fault: ${String(error)}`)
      return null
    })
    if (log === null) return
    this.#note(log)
    for (const [doc, counters] of this.#acknowledged) {
      if (this.#doubtful.has(doc)) continue
      const { epoch: known, head, checkpoint, entries, findings } = await log.open(doc)
      for (const finding of findings) report.wrong.push(`a fault is taken for damage: ${finding.message}`)
      const folded = checkpoint?.seq ?? 0
      const history = await log.history(doc, seq(1), seq(folded))
      const all = [...history, ...entries]
      if (all.length !== head) report.wrong.push(`${doc} has ${all.length} entries and its head is ${head}`)
      for (const { bytes, counter } of all) {
        if (Buffer.compare(bytes, entry(counter).bytes) !== 0)
          report.wrong.push(`${doc}: ${counter} is not what it was`)
      }
      if (checkpoint !== null && checkpoint.bytes.some(byte => byte !== folded % 256)) {
        report.wrong.push(`${doc}: the checkpoint at ${folded} is not what it was`)
      }
      const found = new Set(all.map(({ counter }) => counter))
      report.lost += counters.filter(counter => !found.has(counter)).length
      const more = all.length - counters.length
      if (more > 0) report.shown += more
      if (more > 0 && !this.#mayShow) report.wrong.push(`${doc} shows ${more} entries that were refused`)
      if (known === null && counters.length > 0) report.wrong.push(`${doc} is gone`)
    }
    for (const doc of this.#removed) if ((await log.open(doc)).epoch !== null) report.wrong.push(`${doc} is back`)
    await log.append(documents[0] as DocName, epoch, [entry(1_000_000)])
    await log.close()
    for (const file of await readdir(this.#folder)) {
      if (/^(damaged|probing|room)/.test(file)) report.wrong.push(`${file} was left behind`)
    }
  }
}
