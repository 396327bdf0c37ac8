import { forbiddenNames, wireLimits } from '../document/limits.ts'

const loneSurrogate = /[\ud800-\udfff]/u

/** A name takes at most three bytes for each of its UTF-16 units. */
const maxNameUnits = Math.floor(wireLimits.maxNameBytes / 3)

/** Whether a map may have such a key. */
export function isStorableName(name: string): boolean {
  return name.length <= maxNameUnits && !loneSurrogate.test(name) && !forbiddenNames.includes(name)
}

/**
 * Whether a value comes back from a document as it went in, and no relay refuses it: `null`, `undefined`, booleans, numbers,
 * big integers of 64 bits, well-formed texts, bytes, and lists and plain objects of them. (Yjs would make a `Date` or a
 * `Map` an empty object, silently.)
 */
export function isStorable(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
    case 'number':
      return true
    case 'string':
      return !loneSurrogate.test(value)
    case 'bigint':
      return BigInt.asIntN(64, value) === value
    case 'object':
      return (
        value === null ||
        value instanceof Uint8Array ||
        (depth < wireLimits.maxValueDepth && hasStorable(value, depth + 1))
      )
    default:
      return false
  }
}

function hasStorable(value: object, depth: number): boolean {
  if (Array.isArray(value)) return value.every(each => isStorable(each, depth))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  return Object.entries(value).every(([name, each]) => isStorableName(name) && isStorable(each, depth))
}
