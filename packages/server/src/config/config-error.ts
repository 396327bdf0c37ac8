/** One thing that is wrong with how the relay is configured. */
export interface ConfigMistake {
  /** The option, or the name nobody knows. */
  readonly option: string
  /** Who said it: `--port`, `TUTTI_PORT`, `tutti.json`. */
  readonly source: string
  /** What was said, as a person would write it; never a secret. */
  readonly value: string
  /** What is allowed, or what was probably meant. */
  readonly allowed: string
}

/** Everything that is wrong with a configuration, at once (SPEC SRV22). */
export class ConfigError extends Error {
  readonly mistakes: readonly ConfigMistake[]

  constructor(mistakes: readonly ConfigMistake[]) {
    super(mistakes.map(sentence).join('\n'))
    this.name = 'ConfigError'
    this.mistakes = mistakes
  }
}

/** A mistake in one line. */
export function sentence({ option, source, value, allowed }: ConfigMistake): string {
  return `${source}: ${option} cannot be ${value}; ${allowed}`
}

/** A value as a person would write it; what is hidden (`a secret`, `a key`) only as how long it is. */
export function shown(value: unknown, hiddenAs: string | null): string {
  if (hiddenAs !== null && typeof value === 'string') return `${hiddenAs} of ${value.length} characters`
  const text = typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? 'nothing')
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
