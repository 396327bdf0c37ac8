import { IndexedDbLog, type LocalLog, MemoryLocalLog } from '@tutti/client'
import { SimulatedTabs, type StorageCondition } from '@tutti/client/testing'
import type { DocName, Env } from '@tutti/core'
import { seededRandom } from '@tutti/core/testing'
import { IDBFactory } from 'fake-indexeddb'
import * as Y from 'yjs'
import { Coverage, type Said, saidBy } from './coverage.ts'
import type { Ledger } from './ledger.ts'
import type { DeviceSetting } from './plan.ts'
import { readOnce } from './read-once.ts'
import type { Tab } from './tab.ts'

/** What may be done with documents from a device, by its token. */
export type DevicePermission = 'write' | 'read' | 'none' | 'expired'

/** A laptop or a phone: storage that outlives its tabs, and the tabs. */
export class Device {
  readonly name: string
  readonly setting: DeviceSetting
  readonly log: LocalLog
  readonly storage: StorageCondition
  readonly browser: SimulatedTabs = new SimulatedTabs()
  readonly tabs: Tab[] = []
  /** Documents a tab of it has ever opened. */
  readonly known: Set<DocName> = new Set()
  /** Edits that were said to be on this device. */
  readonly claims: { readonly doc: DocName; readonly said: Said }[] = []
  permission: DevicePermission = 'write'

  constructor(name: string, setting: DeviceSetting, env: Env, seed: number) {
    this.name = name
    this.setting = setting
    this.storage = { isFull: false, isBroken: false, latencyMs: setting.storageMs }
    this.log =
      setting.storage === 'memory'
        ? new MemoryLocalLog({ random: seededRandom(seed), survives: true })
        : new IndexedDbLog({ env, factory: new IDBFactory() })
  }

  /** While a tab has something the device refused, what another one writes may claim to have it. */
  async holdToPositionsInTrouble(ledger: Ledger): Promise<void> {
    // Looking into IndexedDB takes turns from those who use it.
    const isTroubled = this.setting.storage === 'memory' && this.tabs.some(tab => tab.isAheadOfDevice)
    if (isTroubled) await this.holdToPositions(ledger)
  }

  /** What its copies claim to have of the server's log has to be in them. */
  async holdToPositions(ledger: Ledger): Promise<void> {
    for (const doc of this.known) {
      const { epoch, position, updates } = await this.log.open(doc)
      const kept = new Coverage()
      kept.add(saidBy(readCopy(updates).whole))
      ledger.copied(doc, this.name, epoch, position, kept)
    }
  }

  /** Edits that were refused, and given up, are promised no longer. */
  forgetClaims(doc: DocName): void {
    const kept = this.claims.filter(claim => claim.doc !== doc)
    this.claims.splice(0, this.claims.length, ...kept)
  }
}

interface Copy {
  readonly whole: Uint8Array
  readonly stateVector: Uint8Array
  readonly hasGaps: boolean
}

/** A copy as it reads: some deletions follow from edits, and need not be said. */
export const readCopy: (updates: readonly Uint8Array[]) => Copy = readOnce(updates => {
  const ydoc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(ydoc, update)
  const copy = {
    whole: Y.encodeStateAsUpdate(ydoc),
    stateVector: Y.encodeStateVector(ydoc),
    hasGaps: ydoc.store.pendingStructs !== null,
  }
  ydoc.destroy()
  return copy
})
