/** Waits for one request. Inside a transaction nothing else may be awaited, or it ends by itself. */
export function result<T>(request: IDBRequest<T>): Promise<T> {
  const promise = new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('a request failed without saying why'))
  })
  // Of several requests in flight the first failure is told; the others fail with it and nobody waits for them.
  promise.catch(() => {})
  return promise
}

/** Resolves when the transaction is in the store's hands, rejects when it was taken back. */
export function completion(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () =>
      reject(transaction.error ?? new DOMException('the transaction was aborted', 'AbortError'))
  })
}
