/** What the log uses of a LevelDB whose keys and values are bytes; what can do this can be below the log. */
export interface ByteLevel {
  open(): Promise<void>
  /** Waits for what is under way. Closing what is closed does nothing. */
  close(): Promise<void>
  get(key: Uint8Array, options?: ReadOptions): Promise<Uint8Array | undefined>
  /** Throws where `get` rejects. */
  getSync(key: Uint8Array, options?: ReadOptions): Uint8Array | undefined
  put(key: Uint8Array, value: Uint8Array, options?: WriteOptions): Promise<void>
  /** Writes that happen together or not at all. What is put into it is copied. */
  batch(): ByteBatch
  /** Deletes a range, in as many batches as it takes. */
  clear(range: KeyRange): Promise<void>
  iterator(range?: IteratorRange): ByteIterator<[Uint8Array, Uint8Array]>
  keys(range?: IteratorRange): ByteIterator<Uint8Array>
  values(range?: IteratorRange): ByteIterator<Uint8Array>
  snapshot(): LevelSnapshot
  /** Writes what is in memory to tables, and merges the tables of a range. */
  compactRange(start: Uint8Array, end: Uint8Array): Promise<void>
}

/** The database at one moment. */
export interface LevelSnapshot {
  close(): Promise<void>
}

export interface ReadOptions {
  readonly snapshot?: LevelSnapshot
}

export interface WriteOptions {
  /** Resolves when it and all that was written before are on disk, instead of handed to the operating system. */
  readonly sync?: boolean
}

export interface ByteBatch {
  put(key: Uint8Array, value: Uint8Array): unknown
  del(key: Uint8Array): unknown
  write(options?: WriteOptions): Promise<void>
  /** Instead of writing it. */
  close(): Promise<void>
}

export interface KeyRange {
  readonly gt?: Uint8Array
  readonly gte?: Uint8Array
  readonly lt?: Uint8Array
  readonly lte?: Uint8Array
}

export interface IteratorRange extends KeyRange, ReadOptions {
  readonly reverse?: boolean
  readonly limit?: number
  /** A step ends when it has so many bytes. */
  readonly highWaterMarkBytes?: number
}

/** Sees the database at the moment it was made, or at that of its snapshot. */
export interface ByteIterator<T> {
  next(): Promise<T | undefined>
  /** At most `size`, fewer where they are big; none at the end. */
  nextv(size: number): Promise<T[]>
  all(): Promise<T[]>
  close(): Promise<void>
  [Symbol.asyncIterator](): AsyncIterator<T>
}
