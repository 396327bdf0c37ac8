import type { ByteLevel } from './byte-level.ts'

/** Everything the log needs of a machine's storage: one database, and a few files beside it. */
export interface Disk {
  /** The folder it is in, for people to read. */
  readonly folder: string
  /** Opens the database, without any precaution. Rejects `store-unavailable` when it is in use or cannot be opened. */
  openDatabase(create: boolean): Promise<ByteLevel>
  /** Rejects `store-unavailable` when there is less room than opening the database again may need. */
  findRoom(): Promise<void>
  /** `null` for a file that is not there. Throws when it cannot be read. */
  readFile(name: string): Uint8Array | null
  /** Opens a file for writing. With `fresh` it is made, or emptied. */
  openFile(name: string, fresh: boolean): DiskFile
  /** What had the name `to` loses it. */
  renameFile(from: string, to: string): void
}

/** An open file. Its calls are done when they return, and throw when they fail. */
export interface DiskFile {
  /** Writes all of `bytes`. When it throws, some of them may have been written. */
  write(bytes: Uint8Array, position: number): void
  truncate(length: number): void
  /** What was written is on disk when it returns. */
  sync(): void
  close(): void
}
