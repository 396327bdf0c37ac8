/** What every local copy is asked to do in the page. The bench calls `globalThis.bench`. */
import * as Y from 'yjs'
import type { PageBench } from '../src/load/page-bench.ts'

/** One document kept on this device. */
export interface LocalCopy {
  /** Everything that was stored is in the document. */
  readonly loaded: Promise<void>
  /** Resolves when every edit made so far is stored. */
  saved(): Promise<void>
  close(): Promise<void>
}

/** With the address of a server, a copy that has one keeps in touch with it meanwhile. */
export type OpenCopy = (name: string, doc: Y.Doc, server?: string) => LocalCopy

/** Makes a kind of local copy available to the bench. */
export function offer(openCopy: OpenCopy): void {
  const bench: PageBench = {
    async edits(name, count, perTask) {
      const doc = new Y.Doc()
      const text = doc.getText('text')
      const copy = openCopy(name, doc)
      await copy.loaded
      const startedAt = performance.now()
      for (let done = 0; done < count; done += 1) {
        if (done > 0 && done % perTask === 0) await nextTask()
        text.insert(done, 'x')
      }
      await copy.saved()
      const ms = performance.now() - startedAt
      await copy.close()
      return ms
    },
    async fill(name, url, server) {
      const updates = readUpdates(new DataView(await (await fetch(url)).arrayBuffer()))
      const doc = new Y.Doc()
      const copy = openCopy(name, doc, server)
      await copy.loaded
      for (let from = 0; from < updates.length; from += 100) {
        // As edits of this page: that is what a local copy stores.
        const merged = Y.mergeUpdates(updates.slice(from, from + 100))
        Y.applyUpdate(doc, merged)
        await nextTask()
      }
      await copy.saved()
      await copy.close()
    },
    async open(name) {
      const doc = new Y.Doc()
      const startedAt = performance.now()
      const copy = openCopy(name, doc)
      await copy.loaded
      const ms = performance.now() - startedAt
      const { length } = doc.getText('text')
      await copy.close()
      return { ms, length }
    },
  }
  Object.assign(globalThis, { bench })
}

const channel = new MessageChannel()

/** The next task, without the four milliseconds that nested timers are made to wait. */
function nextTask(): Promise<void> {
  return new Promise(resolve => {
    channel.port1.onmessage = () => resolve()
    channel.port2.postMessage(0)
  })
}

/** Reads the file that `src/load/trace.ts` writes. */
function readUpdates(view: DataView<ArrayBuffer>): Uint8Array[] {
  const updates: Uint8Array[] = []
  let at = 8 + view.getUint32(4, true)
  for (let left = view.getUint32(0, true); left > 0; left -= 1) {
    const length = view.getUint32(at, true)
    updates.push(new Uint8Array(view.buffer, at + 8, length))
    at += 8 + length
  }
  return updates
}
