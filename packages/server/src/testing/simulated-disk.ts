import type { Env } from '@tutti/core'
import type { SeededRandom } from '@tutti/core/testing'
import type { Disk } from '../log/disk.ts'
import { unavailable } from '../log/unavailable.ts'
import { DiskFaults } from './disk-faults.ts'
import { SimulatedDatabase } from './simulated-database.ts'
import { SimulatedFiles } from './simulated-files.ts'
import { SimulatedLevel } from './simulated-level.ts'
import { SimulatedMount } from './simulated-mount.ts'

export interface SimulatedDiskOptions {
  /** What messages call it. */
  readonly folder?: string
  /** Hears of everything a disk should not do: what failed, what was lost, what rotted. */
  readonly onEvent?: (text: string) => void
}

/** `process`: what was handed to the operating system is there. `power`: what was synced is there, the rest by chance. */
export type Crash = 'process' | 'power'

/** `flip`: a bit of a value in the database. `rollback`: the database as it once was. `file`: a bit of a file beside it. */
export type RotKind = 'flip' | 'rollback' | 'file'

export interface Rot {
  readonly kind: RotKind
  /** Whose value has another bit now. */
  readonly key: Uint8Array | null
  readonly text: string
}

/**
 * A disk in memory that remembers what a real one would after a crash, and fails when it is told to. Everything on it takes
 * time by the timers of the process that asks; everything that is left to chance is the seed's.
 */
export class SimulatedDisk {
  readonly faults: DiskFaults
  readonly #folder: string
  readonly #onEvent: (text: string) => void
  readonly #database: SimulatedDatabase
  readonly #files: SimulatedFiles
  #mount: SimulatedMount | null = null

  constructor(random: SeededRandom, { folder = 'disk', onEvent = () => {} }: SimulatedDiskOptions = {}) {
    this.#folder = folder
    this.#onEvent = onEvent
    this.faults = new DiskFaults(random, onEvent)
    this.#database = new SimulatedDatabase(random, onEvent)
    this.#files = new SimulatedFiles(random, onEvent)
  }

  /**
   * Gives the disk to a process; the one that had it must have closed its database, or crashed. Throws when the database is
   * open.
   */
  mount(env: Env): Disk {
    this.#refuseWhenOpen()
    this.#mount?.end()
    const mount = new SimulatedMount(env, this.faults)
    this.#mount = mount
    this.#files.mounted(mount)
    const refuse = (error: unknown) => {
      throw unavailable(error, this.#folder)
    }
    return {
      folder: this.#folder,
      openDatabase: async create => {
        const level = new SimulatedLevel(mount, this.#database, create)
        await level.open().catch(refuse)
        return level
      },
      findRoom: () => mount.call('looking for room', 'sync', 'write').catch(refuse),
      readFile: name => this.#files.read(mount, name),
      openFile: (name, fresh) => this.#files.open(mount, name, fresh),
      renameFile: (from, to) => this.#files.rename(mount, from, to),
    }
  }

  /** Ends the process that has it, or the whole machine: nothing that process still does comes through. */
  crash(kind: Crash): void {
    this.#onEvent(kind === 'power' ? 'the power is cut' : 'the process is killed')
    this.#mount?.end()
    this.#mount = null
    this.#database.kill()
    if (kind === 'process') return
    this.#database.cutPower()
    this.#files.cutPower()
  }

  /** Damages what is stored while nobody has it open. `null` when there is nothing to damage in this way. */
  rot(kind: RotKind): Rot | null {
    this.#refuseWhenOpen()
    const rot = this.#rot(kind)
    if (rot !== null) this.#onEvent(rot.text)
    return rot
  }

  #rot(kind: RotKind): Rot | null {
    if (kind === 'flip') {
      const row = this.#database.rot()
      if (row === null) return null
      const key = row.key.slice()
      return { kind, key, text: `a bit of the value of ${describeKey(key)} has rotted` }
    }
    if (kind === 'file') {
      const place = this.#files.rot()
      return place === null ? null : { kind, key: null, text: `a bit of ${place} has rotted` }
    }
    const steps = this.#database.rollBack()
    return steps === 0 ? null : { kind, key: null, text: `the database has gone back by ${steps} syncs` }
  }

  #refuseWhenOpen() {
    if (this.#database.holder !== null) throw new Error('the database on this disk is open')
  }
}

function describeKey(key: Uint8Array): string {
  return `${String.fromCharCode(key[0] ?? 0)}:${Buffer.from(key.subarray(1)).toString('hex')}`
}
