import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { noBytes } from '@tutti/core'
import { ByteColumn } from './byte-columns.ts'

/** What such a file begins with: so many letters. */
export const magicBytes = 8

/** A file that is only appended to. What could not be written waits for the next time. */
export class AppendFile {
  readonly bytes: Uint8Array
  readonly problem: string | null
  /** Everything before this checks, or is to be kept. */
  good: number
  readonly #path: string
  readonly #magic: string
  readonly #isOurs: boolean
  #handle = -1
  #length = 0
  /** What is to be written with the next flush. */
  readonly waiting: ByteColumn = new ByteColumn()

  static read(path: string, magic: string): AppendFile {
    let bytes: Uint8Array = noBytes
    let problem: string | null = null
    try {
      bytes = readFileSync(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      problem = `${path} is missing`
    }
    const isOurs = new TextDecoder('latin1').decode(bytes.subarray(0, magicBytes)) === magic
    if (!isOurs && problem === null) problem = `${path} does not begin as it must`
    return new AppendFile(path, magic, bytes, isOurs, problem)
  }

  /** Writes a new file with `records` and closes the old one. */
  static replace(path: string, magic: string, old: AppendFile, fill: (target: ByteColumn) => void): AppendFile {
    const temporary = `${path}.new`
    const file = new AppendFile(path, magic, noBytes, false, null)
    file.#handle = openSync(temporary, 'w+')
    try {
      file.waiting.put(new TextEncoder().encode(magic))
      fill(file.waiting)
      file.#write()
      fsyncSync(file.#handle)
      renameSync(temporary, path)
      old.close()
      return file
    } catch (error) {
      file.close()
      throw error
    }
  }

  private constructor(path: string, magic: string, bytes: Uint8Array, isOurs: boolean, problem: string | null) {
    this.#path = path
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
    this.#handle = openSync(this.#path, this.#isOurs ? 'r+' : 'w+')
    if (this.#isOurs) ftruncateSync(this.#handle, this.good)
    else {
      writeSync(this.#handle, new TextEncoder().encode(this.#magic), 0, magicBytes, 0)
      fsyncSync(this.#handle)
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
    if (this.#handle >= 0) closeSync(this.#handle)
    this.#handle = -1
  }

  #write() {
    const bytes = this.waiting.bytes()
    let written = 0
    while (written < bytes.length) {
      written += writeSync(this.#handle, bytes, written, bytes.length - written, this.#length + written)
    }
    this.#length += bytes.length
    this.waiting.clear()
  }
}
