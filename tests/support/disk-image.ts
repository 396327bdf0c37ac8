import { execFileSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canMount } from './small-disk.ts'

export interface DiskFormat {
  readonly megabytes: number
  readonly blockBytes: 1024 | 4096
  /** How ext4 orders data and its journal. */
  readonly data: 'ordered' | 'writeback'
}

/**
 * An ext4 file system in a file, so that what has reached the disk can be told from what the system only remembers: what
 * was written and not flushed is in the memory of the file system above, not in the file below. The cache of a real disk
 * is not part of it.
 */
export class DiskImage {
  readonly path: string
  /** Where it is mounted. */
  readonly folder: string
  readonly #format: DiskFormat
  #device = ''

  static create(folder: string, name: string, format: DiskFormat): DiskImage {
    const path = join(folder, `${name}.img`)
    writeFileSync(path, '')
    truncateSync(path, format.megabytes * 1024 * 1024)
    const journal = `size=${format.blockBytes / 1024}`
    const at = 'lazy_itable_init=0,lazy_journal_init=0'
    run('mkfs.ext4', '-q', '-F', '-m', '0', '-b', `${format.blockBytes}`, '-J', journal, '-E', at, path)
    return new DiskImage(path, format)
  }

  private constructor(path: string, format: DiskFormat) {
    this.path = path
    this.folder = `${path}-mounted`
    this.#format = format
  }

  /** As a machine does that starts: the file system replays its journal. */
  mount(): void {
    mkdirSync(this.folder, { recursive: true })
    run('mount', '-t', 'ext4', '-o', `loop,data=${this.#format.data}`, this.path, this.folder)
    const line = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .find(each => each.split(' ')[4] === this.folder)
    this.#device = /\/dev\/(loop\d+)/.exec(line ?? '')?.[1] ?? ''
  }

  /** Does nothing where it is not mounted. */
  unmount(): void {
    if (this.#device === '') return
    run('umount', this.folder)
    this.#device = ''
  }

  /** Unmounts, whoever still uses it, and removes everything. */
  remove(): void {
    if (this.#device !== '') run('umount', '-l', this.folder)
    this.#device = ''
    rmSync(this.folder, { recursive: true, force: true })
    rmSync(this.path, { force: true })
  }

  /**
   * What the disk holds while it is in use, as the file of another image; `null` where the disk was never quiet enough.
   * Reading takes a few milliseconds, in which blocks change. Between two flushes a disk may keep blocks in any order, so
   * what was read is what a cut can leave as long as no flush ended meanwhile; if one did, it is read again. `before` is
   * called before each reading: all it sees acknowledged must be in the copy.
   */
  cut(name: string, before: () => void): DiskImage | null {
    const image = Buffer.alloc(this.#format.megabytes * 1024 * 1024)
    const file = openSync(this.path, 'r')
    try {
      for (let attempt = 0; attempt < 1000; attempt++) {
        before()
        const flushes = this.#flushes()
        readSync(file, image, 0, image.length, 0)
        if (this.#flushes() !== flushes) continue
        const copy = new DiskImage(join(this.path, '..', `${name}.img`), this.#format)
        writeFileSync(copy.path, image)
        return copy
      }
      return null
    } finally {
      closeSync(file)
    }
  }

  /** Flushes the device has completed (Documentation/block/stat of the kernel: the 16th number). */
  #flushes(): number {
    return Number(readFileSync(`/sys/block/${this.#device}/stat`, 'utf8').trim().split(/\s+/)[15])
  }
}

/** Found out by doing it once: containers often allow one mount and not the other. */
export const canMountImages: boolean = canMount && tryOnce()

function tryOnce(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'tutti-image-'))
  try {
    const image = DiskImage.create(folder, 'try', { megabytes: 8, blockBytes: 1024, data: 'ordered' })
    try {
      image.mount()
      return image.cut('copy', () => {}) !== null
    } finally {
      image.remove()
    }
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
