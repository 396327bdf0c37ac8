/** A planted bug: one piece of one source file, replaced. */
export interface Mutant {
  readonly name: string
  /** What it gets wrong. */
  readonly what: string
  /** From the root of the project. */
  readonly file: string
  /** Found exactly once in it. */
  readonly find: string
  readonly replace: string
  /** A seed that has shown it. It may no longer, when stories are drawn differently: then others do. */
  readonly foundAt: number
}
