// Yjs tells changes of a text as a delta: keep so many, insert these, delete so many.

export interface Attributes {
  readonly bold?: boolean | null
  readonly italic?: boolean | null
  readonly underline?: boolean | null
}

export interface Piece {
  readonly insert?: unknown
  readonly delete?: number
  readonly retain?: number
  readonly attributes?: Attributes
}

/** Where a place in a text is after somebody else changed it. What is inserted exactly there goes behind. */
export function placeAfter(index: number, delta: readonly Piece[]): number {
  let place = index
  let at = 0
  for (const piece of delta) {
    if (piece.retain !== undefined) at += piece.retain
    else if (piece.delete !== undefined) place -= Math.max(0, Math.min(piece.delete, place - at))
    else {
      const length = typeof piece.insert === 'string' ? piece.insert.length : 1
      if (at < place) place += length
      at += length
    }
    if (at > place) break
  }
  return place
}

/** Behind the last thing that was changed: where the eye is after an undo. */
export function endOfChange(delta: readonly Piece[]): number {
  let at = 0
  let end = 0
  for (const piece of delta) {
    if (piece.delete !== undefined) end = at
    else {
      at += piece.retain ?? (typeof piece.insert === 'string' ? piece.insert.length : 1)
      if (piece.retain === undefined || piece.attributes !== undefined) end = at
    }
  }
  return end
}

export interface Splice {
  readonly index: number
  readonly remove: number
  readonly insert: string
}

/**
 * The one splice that leads from a text to another. Of "aa" → "aaa" nobody can tell which "a" is new; the caret, which
 * stands behind what was typed, says it.
 */
export function spliceBetween(from: string, to: string, caret: number): Splice | null {
  if (from === to) return null
  const longestEnd = Math.min(from.length, to.length, Math.max(0, to.length - caret))
  let end = 0
  while (end < longestEnd && from.at(-1 - end) === to.at(-1 - end)) end++
  const longestStart = Math.min(from.length, to.length) - end
  let start = 0
  while (start < longestStart && from[start] === to[start]) start++
  // Half an emoji is not a character: a splice never begins or ends inside a pair.
  if (start > 0 && isFirstHalf(to[start - 1])) start--
  if (end > 0 && isSecondHalf(to.at(-end))) end--
  return { index: start, remove: from.length - end - start, insert: to.slice(start, to.length - end) }
}

function isFirstHalf(unit = ''): boolean {
  return unit >= '\ud800' && unit <= '\udbff'
}

function isSecondHalf(unit = ''): boolean {
  return unit >= '\udc00' && unit <= '\udfff'
}
