import type { DocName, SessionId } from '@tutti/core'
import type { Database } from './database.ts'
import { foldUpdates, type FoldOptions } from './fold.ts'
import type { OwnEdit } from './local-log.ts'
import { copyStores, readCopy, type StoredCopy } from './read-copy.ts'
import { type RowKey, writeRowKey } from './row-key.ts'
import { decodeCopy, decodeEdits } from './row-record.ts'
import { putCopy, putEdits, readRowKeys } from './rows.ts'
import type { WriteQueue } from './write-queue.ts'

export interface CompactionOptions extends FoldOptions {
  /** Rows of a document from which on it is worth it. */
  readonly fromRows: number
}

/** Pending edits of one session that lie side by side are put into one row up to here. */
const maxGroupBytes = 1024 * 1024

/** The first row is the fold of all before; it is folded again when the others have this share of its bytes. */
const refoldShare = 0.25

interface Group {
  readonly n: number
  readonly session: SessionId
  readonly edits: OwnEdit[]
  bytes: number
}

interface Plan {
  readonly gone: RowKey[]
  readonly folded: Uint8Array[]
  readonly groups: Group[]
}

/**
 * Fewer rows that say the same, in one transaction: acknowledged ones folded into one, pending ones grouped and otherwise as they
 * were. Does nothing where another tab changed the rows meanwhile; rows that cannot be read stay.
 */
export async function compactCopy(
  database: Database,
  queue: WriteQueue,
  doc: DocName,
  options: CompactionOptions,
): Promise<void> {
  const keys = await database.read(['rows'], transaction => readRowKeys(transaction, doc))
  if (keys.length < options.fromRows) return
  const plan = planCompaction(await database.read(copyStores, tx => readCopy(tx, doc)))
  const [first] = plan.gone
  if (first === undefined || plan.gone.length <= plan.groups.length + 1) return
  const folded = plan.folded.length > 1 ? foldUpdates(plan.folded, options) : plan.folded[0]
  await queue.run(['rows'], async transaction => {
    const rows = transaction.objectStore('rows')
    const present = new Set((await readRowKeys(transaction, doc)).map(key => JSON.stringify(writeRowKey(key))))
    if (!plan.gone.every(key => present.has(JSON.stringify(writeRowKey(key))))) return
    for (const key of plan.gone) rows.delete(writeRowKey(key))
    // The fold goes first: pending rows may build on it.
    if (folded !== undefined) putCopy(rows, doc, first.n, folded)
    for (const group of plan.groups) putEdits(rows, doc, group.n, group.session, group.edits)
  })
}

function planCompaction({ rows, acknowledged }: StoredCopy): Plan {
  const plan: Plan = { gone: [], folded: [], groups: [] }
  let group = null as Group | null
  const [base, ...others] = rows.map(row => (row.value as Uint8Array | undefined)?.length ?? 0)
  const keepBase = (base ?? 0) * refoldShare > others.reduce((sum, bytes) => sum + bytes, 0)
  for (const [i, { key, value }] of rows.entries()) {
    if (key.own === null) {
      const update = decodeCopy(key, value)
      if (update === null) continue
      if (i === 0 && keepBase) continue
      plan.gone.push(key)
      plan.folded.push(update)
      group = null
      continue
    }
    const edits = decodeEdits(key, value)
    if (edits === null) continue
    plan.gone.push(key)
    const through = acknowledged.get(key.own.session) ?? 0
    for (const edit of edits) {
      if (edit.counter <= through) {
        plan.folded.push(edit.bytes)
        continue
      }
      if (group?.session !== key.own.session || group.bytes + edit.bytes.length > maxGroupBytes) {
        group = { n: key.n, session: key.own.session, edits: [], bytes: 0 }
        plan.groups.push(group)
      }
      group.edits.push(edit)
      group.bytes += edit.bytes.length
    }
  }
  return plan
}
