import { err, ok, type Result } from '@tutti/core'
import type { z } from 'zod'
import type { Config, ConfigName } from './config.ts'
import { configSchema } from './schema.ts'

/** One thing that can be set, and every name it has. */
export interface ConfigOption {
  readonly name: ConfigName
  /** `--max-connections` */
  readonly flag: string
  /** `TUTTI_MAX_CONNECTIONS` */
  readonly variable: string
  /** `PORT`: what people have set already; counts least among the variables. */
  readonly alias: string | null
  readonly description: string
  /** What it takes, in a word; null for one that is on or off. */
  readonly takes: string | null
  readonly isList: boolean
  /** Never shown: not in logs, not in mistakes, not by `tutti config`. */
  readonly isSecret: boolean
  /** `TUTTI_JWT_SECRET_FILE` may name a file that holds it. */
  readonly mayBeFile: boolean
  /** What it is when nobody says. */
  readonly fallback: Config[ConfigName]
  /** The value, or what is allowed. */
  parse(value: unknown): Result<unknown, string>
}

interface Meta {
  readonly description?: string
  readonly takes?: string
  readonly alias?: string
  readonly isSecret?: boolean
  readonly mayBeFile?: boolean
}

export const configOptions: readonly ConfigOption[] = Object.entries(configSchema.shape).map(([name, schema]) =>
  optionOf(name as ConfigName, schema),
)

function optionOf(name: ConfigName, schema: z.ZodType): ConfigOption {
  const meta = (schema.meta() ?? {}) as Meta
  const words = name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  const fallback = schema.parse(undefined) as Config[ConfigName]
  return {
    name,
    flag: `--${words}`,
    variable: `TUTTI_${words.replaceAll('-', '_').toUpperCase()}`,
    alias: meta.alias ?? null,
    description: meta.description ?? '',
    takes: meta.takes ?? null,
    isList: Array.isArray(fallback),
    isSecret: meta.isSecret ?? false,
    mayBeFile: meta.mayBeFile ?? false,
    fallback,
    parse(value) {
      const parsed = schema.safeParse(value)
      return parsed.success ? ok(parsed.data) : err(parsed.error.issues[0]?.message ?? 'something else')
    },
  }
}
