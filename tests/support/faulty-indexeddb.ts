/** What befalls one readwrite transaction. */
export type StoreFault =
  /** The connection is gone before it begins. */
  | 'closed'
  /** It is taken back in the middle, with no reason given. */
  | 'aborted'
  /** It is taken back at the end: no room. */
  | 'full'
  /** A record is not accepted. */
  | 'refused'
  /** The browser closes the connection while it runs. */
  | 'lost'

export interface FaultyFactory {
  readonly factory: IDBFactory
  /** Asked for each readwrite transaction; `null` lets it be. */
  decide: () => StoreFault | null
  /** Connections open now. */
  readonly open: ReadonlySet<IDBDatabase>
  /** Readwrite transactions begun. */
  writes: number
}

/** An IndexedDB whose writes fail on request. */
export function faultyFactory(real: IDBFactory): FaultyFactory {
  const open = new Set<IDBDatabase>()
  const faulty: FaultyFactory & { writes: number } = { factory: real, decide: () => null, open, writes: 0 }
  const factory = Object.create(real) as IDBFactory
  factory.databases = () => real.databases()
  factory.deleteDatabase = name => real.deleteDatabase(name)
  factory.open = (name, version) => {
    const request = version === undefined ? real.open(name) : real.open(name, version)
    request.addEventListener('success', () => {
      const handle = request.result
      open.add(handle)
      const begin = handle.transaction.bind(handle)
      const end = handle.close.bind(handle)
      handle.close = () => {
        open.delete(handle)
        end()
      }
      handle.transaction = (stores, mode, options) => {
        if (mode !== 'readwrite') return begin(stores, mode, options)
        faulty.writes++
        const fault = faulty.decide()
        if (fault === 'closed') {
          handle.close()
          throw new DOMException('the connection is closing', 'InvalidStateError')
        }
        const transaction = begin(stores, mode, options)
        if (fault !== null) spoil(transaction, fault, handle)
        return transaction
      }
    })
    return request
  }
  return Object.assign(faulty, { factory })
}

function spoil(transaction: IDBTransaction, fault: StoreFault, handle: IDBDatabase): void {
  if (fault === 'refused') {
    const find = transaction.objectStore.bind(transaction)
    transaction.objectStore = name => {
      const store = find(name)
      store.put = () => {
        throw new DOMException('the value is too large', 'DataError')
      }
      return store
    }
    return
  }
  transaction.commit = () => {
    if (fault === 'full') {
      Object.defineProperty(transaction, 'error', { value: new DOMException('no room', 'QuotaExceededError') })
    }
    transaction.abort()
    if (fault === 'lost') {
      handle.close()
      handle.onclose?.(new Event('close'))
    }
  }
}
