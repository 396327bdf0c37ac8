import { type DocName, type Finding, seq } from '@tutti/core'

const sayings: Partial<Record<Finding['kind'], string>> = {
  'damaged-entry': 'damaged',
  'missing-entries': 'missing',
  'damaged-head': 'there, though the document should end before them',
  'unknown-record': 'by an author whose record is lost',
}

export function entryFinding(doc: DocName, kind: Finding['kind'], from: number, to: number): Finding {
  const what = from === to ? `entry ${from} of ${doc} is` : `entries ${from} to ${to} of ${doc} are`
  return { kind, doc, from: seq(from), to: seq(to), message: `${what} ${sayings[kind] ?? kind}` }
}

/** The record of its name is damaged, and no other place knows which document it is. */
export function namelessFinding(doc: DocName): Finding {
  const message = `the record of the name ${doc} is damaged`
  return { kind: 'missing-document', doc, from: seq(0), to: seq(0), message }
}

/** Findings of one document about the entries after a position; those of one kind that touch become one. */
export class FindingList {
  readonly #doc: DocName
  readonly #after: number
  readonly #findings: Finding[] = []

  constructor(doc: DocName, after: number) {
    this.#doc = doc
    this.#after = after
  }

  /** What lies at or before the position is left out. */
  add(kind: Finding['kind'], from: number, to: number): void {
    if (to <= this.#after) return
    const last = this.#findings.at(-1)
    const start = Math.max(from, this.#after + 1)
    const joins = last !== undefined && last.kind === kind && last.to + 1 === start
    if (joins) this.#findings.pop()
    this.#findings.push(entryFinding(this.#doc, kind, joins ? last.from : start, to))
  }

  all(): Finding[] {
    return this.#findings
  }
}
