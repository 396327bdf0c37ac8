import { err, ok, type Result } from '../base/result.ts'

/** Longer patterns are refused: matching takes as many steps for each character of a name as a pattern has at most. */
export const maxPatternUnits = 512

/** Any run of characters but "/", and any run at all. Literals are UTF-16 units, which are not negative. */
const run = -1
const longRun = -2

/** Names of documents, as a grant describes them. The only door is `parsePattern`. */
export interface Pattern {
  /** As it was written. */
  readonly text: string
  readonly parts: readonly number[]
  /** Without stars: the one name it means. */
  readonly name: string | null
}

/**
 * Reads a pattern: `*` is any run of characters without "/", `**` any run at all, a backslash makes the next character
 * an ordinary one, everything else means itself.
 */
export function parsePattern(text: string): Result<Pattern, string> {
  if (text.length === 0) return err('a pattern is not empty')
  if (text.length > maxPatternUnits) return err(`a pattern has at most ${maxPatternUnits} characters`)
  const parts: number[] = []
  let name: string | null = ''
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '*') {
      const from = i
      while (text[i + 1] === '*') i++
      parts.push(i === from ? run : longRun)
      name = null
      continue
    }
    if (text[i] === '\\' && ++i === text.length) return err('a pattern does not end with a backslash')
    parts.push(text.charCodeAt(i))
    name = name === null ? null : name + text[i]
  }
  return ok({ text, parts, name })
}

/** Whether it is the pattern that every name matches. */
export function isEverything(pattern: Pattern): boolean {
  return pattern.parts.length === 1 && pattern.parts[0] === longRun
}

/**
 * Whether a pattern means `name`. All ways to match go through the name side by side, so the steps are at most the length
 * of one times that of the other, whatever stands in them.
 */
export function matches(pattern: Pattern, name: string): boolean {
  if (pattern.name !== null) return pattern.name === name
  const { parts } = pattern
  const last = parts.length
  // Places between parts that were reached. A run may be empty, so who stands before one stands behind it, too.
  let here = new Uint8Array(last + 1)
  let next = new Uint8Array(last + 1)
  let first = 0
  here[0] = 1
  passRuns(here, parts, first)
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i)
    let firstNext = last + 1
    for (let at = first; at < last; at++) {
      if (here[at] === 0) continue
      const part = parts[at] as number
      const to = part === longRun || (part === run && unit !== slash) ? at : part === unit ? at + 1 : -1
      if (to < 0) continue
      next[to] = 1
      if (to < firstNext) firstNext = to
    }
    if (firstNext > last) return false
    passRuns(next, parts, firstNext)
    here.fill(0)
    const spent = here
    here = next
    next = spent
    first = firstNext
  }
  return here[last] === 1
}

const slash = 0x2f

function passRuns(places: Uint8Array, parts: readonly number[], from: number): void {
  for (let at = from; at < parts.length; at++) if (places[at] === 1 && (parts[at] as number) < 0) places[at + 1] = 1
}
