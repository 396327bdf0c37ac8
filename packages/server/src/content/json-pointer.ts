import { ContentError } from './content-refusal.ts'

/** The names along a JSON pointer (RFC 6901); none for the whole document. */
export function parsePointer(pointer: string): string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/'))
    throw new ContentError('bad-patch', `a path begins with "/": ${JSON.stringify(pointer)}`)
  return pointer
    .slice(1)
    .split('/')
    .map(part => {
      if (/~(?![01])/.test(part))
        throw new ContentError('bad-patch', `"~" is followed by 0 or 1: ${JSON.stringify(pointer)}`)
      return part.replaceAll('~1', '/').replaceAll('~0', '~')
    })
}

/** The place of an item of an array of `length`, of which there may be one more than there are. */
export function parseIndex(token: string, length: number, mayBeNext: boolean): number {
  if (mayBeNext && token === '-') return length
  const index = /^(0|[1-9]\d{0,15})$/.test(token) ? Number(token) : Number.NaN
  if (index < length || (mayBeNext && index === length)) return index
  throw new ContentError('no-such-place', `${JSON.stringify(token)} is no place in an array of ${length}`)
}
