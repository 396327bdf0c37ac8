import { IndexeddbPersistence } from 'y-indexeddb'
import { offer } from './measure.ts'

offer((name, doc) => {
  const persistence = new IndexeddbPersistence(name, doc)
  return {
    loaded: persistence.whenSynced.then(() => {}),
    // It has no word for "stored": a transaction of ours waits behind all of its own.
    async saved() {
      const { db } = persistence
      if (db === null) throw new Error('y-indexeddb has no database')
      await new Promise<void>((resolve, reject) => {
        const transaction = db.transaction(['updates'], 'readwrite')
        transaction.objectStore('updates').count()
        transaction.oncomplete = () => resolve()
        transaction.onerror = () => reject(transaction.error ?? new Error('transaction failed'))
      })
    },
    close: () => persistence.destroy(),
  }
})
