import type { $ZodType, $ZodTypes } from 'zod/v4/core'
import { accepts } from './accepts.ts'

/**
 * What a typed view shows where nothing fit is there: the default of the schema, else nothing at all (`undefined`, `null`)
 * if the schema allows it, else the plainest value of its type: no letters, 0, `false`, an empty list.
 *
 * It has the type, but need not meet every rule of the schema: that is what the finding beside it says. `null` when
 * nothing can be made up for such a schema.
 */
export function fallbackOf(schema: $ZodType): { readonly value: unknown } | null {
  for (const nothing of [undefined, null]) {
    const result = accepts(schema, nothing)
    if (result.ok) return { value: result.value }
  }
  return plainest((schema as $ZodTypes)._zod.def)
}

function plainest(def: $ZodTypes['_zod']['def']): { readonly value: unknown } | null {
  switch (def.type) {
    case 'string':
      return { value: '' }
    case 'number':
      return { value: 0 }
    case 'boolean':
      return { value: false }
    case 'bigint':
      return { value: 0n }
    case 'array':
      return { value: [] }
    case 'record':
      return { value: {} }
    case 'enum':
      return { value: Object.values(def.entries)[0] }
    case 'literal':
      return { value: def.values[0] }
    case 'union':
      return def.options.map(fallbackOf).find(found => found !== null) ?? null
    case 'tuple':
      return all(
        def.items.map((item, at) => [at, item]),
        [],
      )
    case 'object':
      return all(Object.entries(def.shape), {})
    case 'readonly':
      return fallbackOf(def.innerType)
    case 'lazy':
      return fallbackOf(def.getter())
    default:
      return null
  }
}

function all(parts: (readonly [PropertyKey, $ZodType])[], into: object): { readonly value: unknown } | null {
  for (const [key, schema] of parts) {
    const found = fallbackOf(schema)
    if (found === null) return null
    if (found.value !== undefined) Object.assign(into, { [key]: found.value })
  }
  return { value: into }
}
