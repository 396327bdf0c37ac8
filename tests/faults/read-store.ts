import { createHash } from 'node:crypto'
import * as Y from 'yjs'
import {
  contentDigest,
  type DocName,
  type Epoch,
  type Finding,
  seq,
  systemEnv,
  type TuttiError,
} from '../../packages/core/src/index.ts'
import type { LevelLog } from '../../packages/server/src/log/level-log.ts'
import { openLevelLog } from '../../packages/server/src/log/open-level-log.ts'

export interface DocumentReading {
  readonly head: number
  /** Of what opening it gave, and of its history; `refused: code` where that does not read. */
  readonly digest: string
  readonly history: string
  readonly findings: readonly Finding[]
  /** What came of an append that changes nothing. */
  readonly append: string
}

export interface StoreReading {
  readonly refused: { readonly code: string; readonly message: string } | null
  readonly findings: readonly Finding[]
  readonly listed: readonly string[]
  readonly documents: Readonly<Record<string, DocumentReading>>
  /** The content of documents that were not as they must be, after somebody saw to them; digests. */
  readonly mended: Readonly<Record<string, Mended>>
}

export interface Mended {
  /** Content of all that still read in the store, alone. */
  readonly left: string
  /** Content after the repair, read from a store that was opened again; "" where it is not well. */
  readonly after: string
}

const author = { subject: '', device: '', session: '' }
const nothing = Uint8Array.of(0, 0)

/**
 * Reads a whole store, tries to write every document, and mends those that are damaged: with what can still be read of
 * them, and with what a client has, where one is given. `docs` are read even where the store does not list them.
 */
export async function readStore(
  folder: string,
  docs: readonly string[],
  clients: Readonly<Record<string, string>>,
): Promise<StoreReading> {
  const documents: Record<string, DocumentReading> = {}
  try {
    const log = await openLevelLog(folder, systemEnv, { scanMs: 10_000 })
    const listed: string[] = []
    for await (const { doc } of log.list()) listed.push(doc)
    for (const doc of new Set([...listed, ...docs])) documents[doc] = await readDocument(log, doc as DocName)
    const left: Record<string, string> = {}
    for (const [doc, { findings }] of Object.entries(documents)) {
      if (findings.length > 0) left[doc] = await mend(log, doc as DocName, clients[doc])
    }
    const { findings } = log
    await log.close()
    return { refused: null, findings, listed, documents, mended: await readAgain(folder, left) }
  } catch (error) {
    const { code, message } = error as TuttiError | (Error & { code?: string })
    return { refused: { code: code ?? 'none', message }, findings: [], listed: [], documents, mended: {} }
  }
}

async function readDocument(log: LevelLog, doc: DocName): Promise<DocumentReading> {
  const { findings, epoch, head, checkpoint, entries } = await log.open(doc)
  const history = await log.history(doc, seq(1), head).then(digest, (error: TuttiError) => `refused: ${error.code}`)
  const entry = { bytes: nothing, at: 1, base: head, author, counter: 0 }
  const append = await log.append(doc, epoch ?? ('new' as Epoch), [entry]).then(
    () => 'accepted',
    (error: TuttiError) => error.code,
  )
  return { head, digest: digest({ epoch, head, checkpoint, entries }), history, findings, append }
}

/**
 * What a person can do about a damaged document today: keep what still reads, let the document go, and begin it anew
 * with that and with what a client has. Gives the digest of what still read.
 */
async function mend(log: LevelLog, doc: DocName, client: string | undefined): Promise<string> {
  const { epoch, head, checkpoint, entries } = await log.open(doc)
  const readable = [...(checkpoint === null ? [] : [checkpoint]), ...entries].map(({ bytes }) => bytes)
  // Piece by piece: what is before and after a damaged piece of history still reads.
  for (let from = 1; from <= head; from += 8) {
    const history = await log.history(doc, seq(from), seq(Math.min(head, from + 7))).catch(() => [])
    readable.push(...history.map(({ bytes }) => bytes))
  }
  const whole = new Y.Doc()
  // At once: what lacks its past is merged anew with every update that comes after it.
  if (readable.length > 0) Y.applyUpdate(whole, Y.mergeUpdates(readable))
  const left = contentDigest(whole)
  if (client !== undefined) Y.applyUpdate(whole, Buffer.from(client, 'base64'))
  await log.remove(doc, 'let-go')
  const entry = { bytes: Y.encodeStateAsUpdate(whole), at: 1, base: seq(0), author, counter: 0 }
  await log.append(doc, epoch ?? ('new' as Epoch), [entry])
  return left
}

async function readAgain(folder: string, left: Readonly<Record<string, string>>): Promise<Record<string, Mended>> {
  if (Object.keys(left).length === 0) return {}
  const log = await openLevelLog(folder, systemEnv, { scanMs: 10_000 })
  const mended: Record<string, Mended> = {}
  for (const [doc, before] of Object.entries(left)) {
    const { epoch, checkpoint, entries, findings } = await log.open(doc as DocName)
    const content = new Y.Doc()
    if (checkpoint !== null) Y.applyUpdate(content, checkpoint.bytes)
    for (const { bytes } of entries) Y.applyUpdate(content, bytes)
    const entry = { bytes: nothing, at: 1, base: seq(0), author, counter: 0 }
    const takesWrites = await log.append(doc as DocName, epoch ?? ('new' as Epoch), [entry]).then(
      () => true,
      () => false,
    )
    mended[doc] = { left: before, after: takesWrites && findings.length === 0 ? contentDigest(content) : '' }
  }
  await log.close()
  return mended
}

function digest(value: unknown): string {
  const plain = JSON.stringify(value, (_, part: unknown) =>
    part instanceof Uint8Array ? Buffer.from(part).toString('base64') : part,
  )
  return createHash('sha256').update(plain).digest('hex').slice(0, 16)
}
