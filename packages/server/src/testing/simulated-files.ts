import type { Millis } from '@tutti/core'
import type { SeededRandom } from '@tutti/core/testing'
import type { DiskFile } from '../log/disk.ts'
import { FileContent } from './file-content.ts'
import type { SimulatedMount } from './simulated-mount.ts'

/** What was written and not synced reaches the disk by itself after so long. */
const writeBackMs: Millis = 30_000

/** A write, or the cutting of a file to `position`. */
interface FileChange {
  readonly at: Millis
  readonly position: number
  readonly bytes: Uint8Array | null
}

interface Inode {
  /** As processes see it. */
  readonly current: FileContent
  /** What a power cut leaves at least. */
  readonly durable: FileContent
  /** What happened to `current` and not to `durable`. */
  unsynced: FileChange[]
}

type Names = Map<string, Inode>

interface NameChange {
  readonly at: Millis
  apply(names: Names): void
}

/**
 * The files of one folder. What is written is there for everybody at once, and after a power cut as far as it was synced:
 * of what was not, a beginning is there, and the write after it may be torn. A sync of any file makes the names durable
 * that were given before it, as file systems with a journal do.
 */
export class SimulatedFiles {
  readonly #random: SeededRandom
  readonly #onEvent: (text: string) => void
  #names: Names = new Map()
  #durableNames: Names = new Map()
  #renamed: NameChange[] = []

  constructor(random: SeededRandom, onEvent: (text: string) => void) {
    this.#random = random
    this.#onEvent = onEvent
  }

  read(mount: SimulatedMount, name: string): Uint8Array | null {
    mount.refuseWhenOver()
    const error = mount.faults.strike(name, 'read')
    if (error !== null) throw error
    return this.#names.get(name)?.current.copy() ?? null
  }

  open(mount: SimulatedMount, name: string, fresh: boolean): DiskFile {
    this.#begin(mount, name)
    let inode = this.#names.get(name)
    if (inode === undefined) {
      if (!fresh) throw new Error(`${name} is not there`)
      const made: Inode = { current: new FileContent(), durable: new FileContent(), unsynced: [] }
      this.#rename(mount, names => names.set(name, made))
      inode = made
    } else if (fresh) this.#change(mount, inode, 0, null)
    return this.#handle(mount, name, inode)
  }

  rename(mount: SimulatedMount, from: string, to: string): void {
    this.#begin(mount, from)
    this.#rename(mount, names => {
      const inode = names.get(from)
      if (inode === undefined) return
      names.delete(from)
      names.set(to, inode)
    })
  }

  /** A new process begins to count time anew. */
  mounted(mount: SimulatedMount): void {
    const at = mount.env.clock.ticks()
    this.#renamed = this.#renamed.map(change => ({ ...change, at }))
    for (const inode of this.#inodes()) inode.unsynced = inode.unsynced.map(change => ({ ...change, at }))
  }

  cutPower(): void {
    const kept = this.#random.int(this.#renamed.length + 1)
    const lost = this.#renamed.length - kept
    if (lost > 0) this.#onEvent(`${lost} names of files are lost`)
    for (const change of this.#renamed.slice(0, kept)) change.apply(this.#durableNames)
    this.#renamed = []
    this.#names = new Map(this.#durableNames)
    for (const [name, inode] of this.#names) this.#tear(name, inode)
  }

  /** Flips a bit of some file; `null` when there is none with anything in it. */
  rot(): string | null {
    const full = [...this.#names].filter(([, { current }]) => current.length > 0)
    if (full.length === 0) return null
    const [name, { current, durable }] = this.#random.pick(full)
    const at = this.#random.int(current.length)
    const bit = 1 << this.#random.int(8)
    current.flip(at, bit)
    if (at < durable.length) durable.flip(at, bit)
    return `byte ${at} of ${name}`
  }

  #handle(mount: SimulatedMount, name: string, inode: Inode): DiskFile {
    return {
      write: (bytes, position) => {
        mount.refuseWhenOver()
        const error = mount.faults.strike(name, 'file')
        const landed = error === null ? bytes.length : this.#random.int(bytes.length + 1)
        this.#change(mount, inode, position, bytes.slice(0, landed))
        if (error !== null) throw error
      },
      truncate: length => {
        this.#begin(mount, name)
        this.#change(mount, inode, length, null)
      },
      sync: () => {
        this.#begin(mount, name)
        writeBack(inode, inode.unsynced.length)
        this.#settleNames(this.#renamed.length)
      },
      close() {},
    }
  }

  #begin(mount: SimulatedMount, name: string) {
    mount.refuseWhenOver()
    const error = mount.faults.strike(name, 'file')
    if (error !== null) throw error
  }

  #change(mount: SimulatedMount, inode: Inode, position: number, bytes: Uint8Array | null) {
    const now = mount.env.clock.ticks()
    const change: FileChange = { at: now, position, bytes }
    const isYoung = ({ at }: FileChange) => at > now - writeBackMs
    writeBack(inode, firstIndex(inode.unsynced, isYoung))
    apply(inode.current, change)
    inode.unsynced.push(change)
  }

  #rename(mount: SimulatedMount, run: (names: Names) => void) {
    const now = mount.env.clock.ticks()
    this.#settleNames(firstIndex(this.#renamed, ({ at }) => at > now - writeBackMs))
    run(this.#names)
    this.#renamed.push({ at: now, apply: run })
  }

  #settleNames(count: number) {
    for (const change of this.#renamed.splice(0, count)) change.apply(this.#durableNames)
  }

  #tear(name: string, inode: Inode) {
    const random = this.#random
    const count = inode.unsynced.length
    const kept = random.int(count + 1)
    const torn = inode.unsynced[kept]
    writeBack(inode, kept)
    if (torn !== undefined && torn.bytes !== null && random.chance(0.5)) {
      const written = random.int(torn.bytes.length + 1)
      inode.durable.write(torn.bytes.subarray(0, written), torn.position)
      const rest = torn.bytes.length - written
      if (random.chance(0.5)) {
        const rubbish = random.chance(0.5) ? new Uint8Array(rest) : random.bytes(rest)
        inode.durable.write(rubbish, torn.position + written)
      }
    }
    if (kept < count) this.#onEvent(`${name} lost the last ${count - kept} of its ${count} unsynced changes`)
    inode.unsynced = []
    inode.current.become(inode.durable)
  }

  #inodes(): Set<Inode> {
    return new Set([...this.#names.values(), ...this.#durableNames.values()])
  }
}

function firstIndex<T>(all: readonly T[], is: (one: T) => boolean): number {
  const at = all.findIndex(is)
  return at < 0 ? all.length : at
}

function writeBack(inode: Inode, count: number): void {
  if (count === 0) return
  for (const change of inode.unsynced.splice(0, count)) apply(inode.durable, change)
}

function apply(content: FileContent, { position, bytes }: FileChange): void {
  if (bytes === null) content.truncate(position)
  else content.write(bytes, position)
}
