import * as Y from 'yjs'
import { readOnce } from './read-once.ts'

/** Ticks of clients, as ranges [from, to) in order, apart from each other. */
type Ranges = number[]

/** What an update says: which ticks of which clients it writes, and which it deletes. Read with Yjs' own decoder. */
export interface Said {
  readonly structs: readonly (readonly [client: number, from: number, to: number])[]
  readonly deletes: readonly (readonly [client: number, from: number, to: number])[]
}

/** What an update says in so many words, and what follows from it. */
export function saidBy(update: Uint8Array): Said {
  return read([update]).said
}

/**
 * Only what it says in so many words. What has lost its content in one copy, because of what others wrote there, has still
 * got it in another one that was told of the same edits: every reader finds that out alone.
 */
export function listedIn(update: Uint8Array): Said {
  return read([update]).listed
}

const read = readOnce(([update]): { readonly said: Said; readonly listed: Said } => {
  const { structs, ds } = Y.decodeUpdate(update as Uint8Array)
  const written: (readonly [number, number, number])[] = []
  /** What has lost its content, and so is deleted, whether it is listed or not. */
  const lost: (readonly [number, number, number])[] = []
  const deletes: (readonly [number, number, number])[] = []
  for (const struct of structs) {
    if (struct instanceof Y.Skip) continue
    const { client, clock } = struct.id
    const range = [client, clock, clock + struct.length] as const
    written.push(range)
    if (struct instanceof Y.GC || struct.content instanceof Y.ContentDeleted) lost.push(range)
  }
  for (const [client, items] of ds.clients)
    for (const { clock, len } of items) deletes.push([client, clock, clock + len])
  return { said: { structs: written, deletes: [...lost, ...deletes] }, listed: { structs: written, deletes } }
})

/** A set of written and deleted ticks. What is known of edits without their content, which is enough to miss one. */
export class Coverage {
  readonly #structs = new Map<number, Ranges>()
  readonly #deletes = new Map<number, Ranges>()

  add(said: Said): void {
    for (const [client, from, to] of said.structs) add(this.#structs, client, from, to)
    for (const [client, from, to] of said.deletes) add(this.#deletes, client, from, to)
  }

  /** In words, the first thing that `said` has and this has not; `null` when it has all of it. */
  lacks(said: Said): string | null {
    for (const [client, from, to] of said.structs) {
      if (!holds(this.#structs.get(client), from, to)) return `edit ${client}:${from}-${to}`
    }
    for (const [client, from, to] of said.deletes) {
      if (!holds(this.#deletes.get(client), from, to)) return `deletion of ${client}:${from}-${to}`
    }
    return null
  }

  /** In words, the first edit of `said` of which it has something already; `null` when it has nothing of any. */
  meets(said: Said): string | null {
    for (const [client, from, to] of said.structs) {
      if (overlaps(this.#structs.get(client) ?? [], from, to)) return `edit ${client}:${from}-${to}`
    }
    return null
  }

  said(): Said {
    return { structs: [...flat(this.#structs)], deletes: [...flat(this.#deletes)] }
  }
}

function* flat(all: ReadonlyMap<number, Ranges>): Generator<readonly [number, number, number]> {
  for (const [client, ranges] of all) {
    for (let i = 0; i < ranges.length; i += 2) yield [client, ranges[i] as number, ranges[i + 1] as number]
  }
}

function add(all: Map<number, Ranges>, client: number, from: number, to: number): void {
  const ranges = all.get(client)
  if (ranges === undefined) {
    all.set(client, [from, to])
    return
  }
  // The usual: it goes on where the last one ended.
  const end = ranges.at(-1) as number
  if (from === end) {
    ranges[ranges.length - 1] = to
    return
  }
  let first = 0
  while (first < ranges.length && (ranges[first + 1] as number) < from) first += 2
  let next = first
  let begin = from
  let until = to
  while (next < ranges.length && (ranges[next] as number) <= to) {
    begin = Math.min(begin, ranges[next] as number)
    until = Math.max(until, ranges[next + 1] as number)
    next += 2
  }
  ranges.splice(first, next - first, begin, until)
}

function holds(ranges: Ranges | undefined, from: number, to: number): boolean {
  if (ranges === undefined) return false
  for (let i = 0; i < ranges.length; i += 2) {
    if ((ranges[i] as number) <= from && to <= (ranges[i + 1] as number)) return true
  }
  return false
}

function overlaps(ranges: Ranges, from: number, to: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if ((ranges[i] as number) < to && from < (ranges[i + 1] as number)) return true
  }
  return false
}
