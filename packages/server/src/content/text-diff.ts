/** `old[from..to)` becomes `text`. */
export interface TextChange {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** Beyond so many differing characters one long change is told instead of many short ones: the search is quadratic in them. */
const maxDistance = 400

/**
 * The changes that make `next` of `old`, from the first to the last, in positions of `old`: as few characters as possible,
 * where they differ in few (Myers' greedy search). Never cuts a surrogate pair: Yjs would lose both halves.
 */
export function diffText(old: string, next: string): TextChange[] {
  const before = Array.from(old)
  const after = Array.from(next)
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  while (
    end < Math.min(before.length, after.length) - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end++
  }
  const removed = before.slice(start, before.length - end)
  const added = after.slice(start, after.length - end)
  const offset = before.slice(0, start).join('').length
  if (removed.length === 0 && added.length === 0) return []
  if (removed.length === 0 || added.length === 0) return [whole(removed, added, offset)]
  const steps = shortestEdit(removed, added)
  return steps === null ? [whole(removed, added, offset)] : joined(steps, removed, added, offset)
}

function whole(removed: readonly string[], added: readonly string[], offset: number): TextChange {
  return { from: offset, to: offset + removed.join('').length, text: added.join('') }
}

/** A place on the way through both texts: so many characters of each are behind it. */
interface Place {
  readonly x: number
  readonly y: number
}

/** The corners of the shortest way from the beginning to the end of both; `null` when it is too long to look for. */
function shortestEdit(a: readonly string[], b: readonly string[]): Place[] | null {
  const limit = Math.min(maxDistance, a.length + b.length)
  const reach = new Int32Array(2 * limit + 3)
  const at = (k: number) => k + limit + 1
  const trace: Int32Array[] = []
  for (let d = 0; d <= limit; d++) {
    trace.push(reach.slice())
    for (let k = -d; k <= d; k += 2) {
      const isDown = k === -d || (k !== d && (reach[at(k - 1)] as number) < (reach[at(k + 1)] as number))
      let x = isDown ? (reach[at(k + 1)] as number) : (reach[at(k - 1)] as number) + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      reach[at(k)] = x
      if (x >= a.length && x - k >= b.length) return walkBack(trace, at, { x: a.length, y: b.length })
    }
  }
  return null
}

function walkBack(trace: readonly Int32Array[], at: (k: number) => number, end: Place): Place[] {
  const places: Place[] = [end]
  let { x, y } = end
  for (let d = trace.length - 1; d > 0; d--) {
    const reach = trace[d] as Int32Array
    const k = x - y
    const isDown = k === -d || (k !== d && (reach[at(k - 1)] as number) < (reach[at(k + 1)] as number))
    const from = isDown ? k + 1 : k - 1
    const fromX = reach[at(from)] as number
    // Behind the step and what is equal after it, then before it.
    places.push({ x: isDown ? fromX : fromX + 1, y: isDown ? fromX - from + 1 : fromX - from })
    x = fromX
    y = fromX - from
    places.push({ x, y })
  }
  return places.reverse()
}

/** Steps that follow each other at one place are one change. */
function joined(places: readonly Place[], a: readonly string[], b: readonly string[], offset: number): TextChange[] {
  const changes: { from: number; to: number; text: string }[] = []
  const starts = [offset]
  for (const letter of a) starts.push((starts.at(-1) as number) + letter.length)
  for (let i = 1; i < places.length; i++) {
    const from = places[i - 1] as Place
    const to = places[i] as Place
    if (to.x - from.x === to.y - from.y) continue
    const change = {
      from: starts[from.x] as number,
      to: starts[to.x] as number,
      text: b.slice(from.y, to.y).join(''),
    }
    const last = changes.at(-1)
    if (last !== undefined && last.to === change.from) {
      last.to = change.to
      last.text += change.text
    } else changes.push(change)
  }
  return changes
}
