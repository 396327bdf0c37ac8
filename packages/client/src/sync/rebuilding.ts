import { TuttiError } from '@tutti/core'
import * as Y from 'yjs'
import type { Branch, LocalDocument } from '../persistence/local-log.ts'
import { isEmptyUpdate, mergeUpdates } from '../persistence/merge-updates.ts'
import type { Conversation } from './conversation.ts'
import type { DeviceWriter } from './device-writer.ts'
import type { LiveDocument } from './live-document.ts'
import type { LogPosition } from './log-position.ts'
import type { OutgoingEdit, Outbox } from './outbox.ts'
import type { DocumentSyncOptions } from './sync-options.ts'

/** A copy that could not be read is read again after this. */
const againMs = 2_000

export interface RebuildingOptions {
  readonly sync: DocumentSyncOptions
  readonly talk: Conversation
  readonly live: LiveDocument
  readonly position: LogPosition
  readonly outbox: Outbox
  readonly writer: DeviceWriter
  readonly readCopy: () => Promise<LocalDocument>
  /** Puts these updates into a new document, and begins the conversation anew. */
  readonly replace: (updates: readonly Uint8Array[]) => void
  readonly takeCopy: (copy: LocalDocument) => void
}

/** Another document in the place of the one there is, because something has to go out of it; as a branch where it is wanted. */
export class Rebuilding {
  readonly #options: RebuildingOptions
  /** Under way: nothing may be added to the copy that comes. */
  isSettingAside = false
  /** What was in the document and went out of it in another tab, while edits of ours build on it. */
  #base: readonly Uint8Array[] = []

  constructor(options: RebuildingOptions) {
    this.#options = options
  }

  /**
   * The server's document is another one by now: ours becomes a branch, and we begin with nothing (SPEC CLI12). Returns
   * why that cannot be.
   */
  async setAside(): Promise<string | null> {
    const { sync, talk, live, position, outbox, writer } = this.#options
    live.flush()
    talk.go({ kind: 'loading' })
    this.isSettingAside = true
    const before = new Set(outbox.all)
    try {
      if (sync.tab.isLeader || before.size > 0) await this.#branchOff('epoch-mismatch', live.state)
      await writer.reset()
      if (sync.tab.isLeader) await sync.log.remove(sync.name)
      // Made while that went on.
      live.flush()
      for (let late = outbox.all.filter(edit => !before.has(edit)); late.length > 0; ) {
        await this.#branchOff('epoch-mismatch', mergeUpdates(late.map(edit => edit.bytes)))
        for (const edit of late) before.add(edit)
        live.flush()
        late = outbox.all.filter(edit => !before.has(edit))
      }
    } catch (error) {
      // Nothing is let go of that could not be put aside.
      this.isSettingAside = false
      return `the document is another one now, and this copy could not be set aside: ${String(error)}`
    }
    if (talk.is('destroyed')) return null
    live.stop()
    this.isSettingAside = false
    outbox.remove(outbox.all)
    position.forget()
    this.#options.replace([])
    return null
  }

  /** Takes back what is held; with a reason, it is kept as a branch. */
  async withdraw(keepReason: string | null): Promise<Branch | null> {
    const { live, outbox } = this.#options
    live.flush()
    if (outbox.held.length === 0) throw new TuttiError('internal', 'these edits are not held any more')
    const taken: OutgoingEdit[] = []
    try {
      let branch: Branch | null = null
      let copy: LocalDocument
      let late = outbox.held
      do {
        const bytes = mergeUpdates([...this.#base, ...late.map(edit => edit.bytes)])
        if (keepReason !== null) branch = (await this.#branchOff(keepReason, bytes)) ?? branch
        await this.#forget(late)
        taken.push(...late)
        copy = await this.#options.readCopy()
        live.flush()
        // What is made on top of them meanwhile goes the same way, until nothing came while the last was put aside.
        late = outbox.held.filter(edit => !taken.includes(edit))
      } while (late.length > 0)
      this.#showWithout(taken, copy)
      return branch
    } catch (error) {
      // What the device has forgotten already is in the document no longer.
      if (taken.length > 0) this.#showWithout(taken, await this.#options.readCopy())
      throw error
    }
  }

  #showWithout(taken: readonly OutgoingEdit[], copy: LocalDocument): void {
    const { sync, talk, outbox, live } = this.#options
    // The others have to know also when we are about to leave.
    sync.tab.tellRewritten()
    if (talk.is('destroyed')) return
    live.flush()
    outbox.remove(taken)
    this.#base = []
    this.#take(copy, new Set(taken.map(edit => edit.bytes)))
  }

  /** Another tab took edits out of the device's copy. What is shown stays as it is until the copy can be read. */
  async readAgain(): Promise<void> {
    const { sync, talk, live } = this.#options
    const copy = await sync.log.open(sync.name).catch(() => null)
    if (talk.is('destroyed')) return
    if (copy === null) return void sync.env.timers.after(againMs, () => void this.readAgain())
    live.flush()
    const before = live.doc
    this.#take(copy, new Set())
    // What was made on top of them here hangs now; it can be read together with what it was made on.
    this.#base = live.hasGaps ? [...this.#base, Y.encodeStateAsUpdate(before, live.stateVector)] : []
  }

  #take(copy: LocalDocument, without: ReadonlySet<Uint8Array>): void {
    this.#options.takeCopy(copy)
    // What others left may have been taken back, and what was to mend the server is worked out anew.
    this.#options.outbox.retain(this.#options.sync.session, copy.pending)
    const updates = [...copy.updates, ...this.#options.outbox.all.map(edit => edit.bytes)]
    this.#options.replace(updates.filter(bytes => !without.has(bytes)))
  }

  async #branchOff(reason: string, bytes: Uint8Array): Promise<Branch | null> {
    if (isEmptyUpdate(bytes)) return null
    const { sync, position } = this.#options
    return await sync.log.addBranch({ doc: sync.name, epoch: position.epoch, at: sync.env.clock.now(), reason, bytes })
  }

  /** Takes edits out of the device's copy, all or none. */
  async #forget(edits: readonly OutgoingEdit[]): Promise<void> {
    const { sync, writer } = this.#options
    const unwritten = await writer.forget(edits)
    const written = new Set(edits)
    for (const edit of unwritten) written.delete(edit)
    const tell = (isStored: boolean) => {
      if (written.size > 0) sync.tab.tellEdit(mergeUpdates([...written].map(edit => edit.bytes)), isStored)
    }
    // Should we end before we can say that it is done, the others show what may be on no device.
    tell(false)
    try {
      const names = edits.map(({ session, number }) => ({ session, counter: number }))
      await sync.log.withdraw(sync.name, names)
    } catch (error) {
      tell(true)
      writer.remember(unwritten)
      throw error
    }
  }
}
