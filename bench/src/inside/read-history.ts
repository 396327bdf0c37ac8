/**
 * Runs in a process of its own on a store that nobody has open: reads a document's history back. Arguments: the folder,
 * the document, and `all` (count and fold everything) or `some` (a hundred entries from the middle). Prints JSON.
 */
import { type DocName, seq, systemEnv } from '@tutti/core'
import { openLevelLog } from '@tutti/server'
import * as Y from 'yjs'
import { textName } from '../load/typist.ts'
import { median } from '../measure/statistics.ts'

const [folder = '', name = '', how = 'all'] = process.argv.slice(2)
const doc = name as DocName
const log = await openLevelLog(folder, systemEnv)
const { head } = await log.open(doc)

async function everything(): Promise<Record<string, number>> {
  const whole = new Y.Doc()
  let entries = 0
  const piece = 20_000
  for (let from = 1; from <= head; from += piece) {
    const read = await log.history(doc, seq(from), seq(Math.min(head, from + piece - 1)))
    entries += read.length
    whole.transact(() => {
      for (const entry of read) Y.applyUpdate(whole, entry.bytes)
    })
  }
  // What was never folded is no history yet.
  const { checkpoint, entries: tail } = await log.open(doc)
  for (const entry of tail) Y.applyUpdate(whole, entry.bytes)
  return {
    entries: entries + tail.length,
    characters: whole.getText(textName).length,
    folded: checkpoint?.seq ?? 0,
  }
}

async function middle(): Promise<Record<string, number>> {
  const times: number[] = []
  const from = Math.floor(head / 2)
  for (let round = 0; round < 5; round += 1) {
    const startedAt = performance.now()
    const read = await log.history(doc, seq(from), seq(from + 99))
    times.push(performance.now() - startedAt)
    if (read.length !== 100) throw new Error(`${read.length} entries of history instead of 100`)
  }
  return { ms: median(times), entries: head }
}

process.stdout.write(JSON.stringify(how === 'all' ? await everything() : await middle()))
await log.close()
