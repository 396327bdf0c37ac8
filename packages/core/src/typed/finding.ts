/** What a finding says: nothing is there, something else is there, more is there than the definition knows, or another version. */
export type FindingCode = 'missing' | 'invalid' | 'wrong-type' | 'unknown' | 'not-storable' | 'version'

/** Something in a document, or in what was to be written, that does not comply with its definition. */
export interface Finding {
  /** Where: a JSON pointer (RFC 6901) from the root of the document, such as `/songs/abc/tempo`. */
  readonly path: string
  readonly code: FindingCode
  /** For people. It may name what was expected, and never repeats what is in the document. */
  readonly message: string
}

/** A JSON pointer from its parts. */
export function pointer(...parts: readonly PropertyKey[]): string {
  return parts.map(part => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
