import { join } from 'node:path'
import { noBytes } from '@tutti/core'
import { ByteColumn } from './byte-columns.ts'
import type { Disk, DiskFile } from './disk.ts'

/** What such a file begins with: so many letters. */
export const magicBytes = 8

/** A file that is only appended to. What could not be written waits for the next time. */
export class AppendFile {
  readonly bytes: Uint8Array
  readonly problem: string | null
  /** Everything before this checks, or is to be kept. */
  good: number
  readonly #disk: Disk
  readonly #name: string
  readonly #magic: string
  readonly #isOurs: boolean
  #file: DiskFile | null = null
  #length = 0
  /** What is to be written with the next flush. */
  readonly waiting: ByteColumn = new ByteColumn()

  static read(disk: Disk, name: string, magic: string): AppendFile {
    const path = join(disk.folder, name)
    const found = disk.readFile(name)
    const bytes = found ?? noBytes
    let problem = found === null ? `${path} is missing` : null
    const isOurs = new TextDecoder('latin1').decode(bytes.subarray(0, magicBytes)) === magic
    if (!isOurs && problem === null) problem = `${path} does not begin as it must`
    return new AppendFile(disk, name, magic, bytes, isOurs, problem)
  }

  /** Writes a new file with `records` and closes the old one. */
  static replace(old: AppendFile, fill: (target: ByteColumn) => void): AppendFile {
    const disk = old.#disk
    const temporary = `${old.#name}.new`
    const file = new AppendFile(disk, old.#name, old.#magic, noBytes, false, null)
    const opened = disk.openFile(temporary, true)
    file.#file = opened
    try {
      file.waiting.put(new TextEncoder().encode(old.#magic))
      fill(file.waiting)
      file.#write()
      opened.sync()
      disk.renameFile(temporary, old.#name)
      old.close()
      return file
    } catch (error) {
      file.close()
      throw error
    }
  }

  private constructor(
    disk: Disk,
    name: string,
    magic: string,
    bytes: Uint8Array,
    isOurs: boolean,
    problem: string | null,
  ) {
    this.#disk = disk
    this.#name = name
    this.#magic = magic
    this.#isOurs = isOurs
    this.bytes = isOurs ? bytes : noBytes
    this.problem = problem
    this.good = isOurs ? magicBytes : 0
  }

  get length(): number {
    return this.#length
  }

  /** Opens the file for writing, creating it; forgets a torn tail. */
  begin(): void {
    const file = this.#disk.openFile(this.#name, !this.#isOurs)
    this.#file = file
    if (this.#isOurs) file.truncate(this.good)
    else {
      file.write(new TextEncoder().encode(this.#magic), 0)
      file.sync()
    }
    this.#length = this.#isOurs ? this.good : magicBytes
  }

  flush(): void {
    if (this.waiting.length === 0) return
    try {
      this.#write()
    } catch {
      // Kept for the next time.
    }
  }

  close(): void {
    this.#file?.close()
    this.#file = null
  }

  #write() {
    const bytes = this.waiting.bytes()
    if (this.#file === null) throw new Error(`${this.#name} is not open`)
    this.#file.write(bytes, this.#length)
    this.#length += bytes.length
    this.waiting.clear()
  }
}
