/** In the order in which strings compare, so that a plain `<` sorts keys. */
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const base = digits.length
const middleDigit = 'V'

/**
 * A key that sorts between two others; `null` is the open end. It names `client`, who asks, and so no two clients are
 * ever given the same key, and what one of them puts down in a row stays together: two devices that each add three songs
 * at one place end up with three and three. Keys grow with the logarithm of what is put down in a row.
 *
 * A key is a fraction written without its "0.". Where there is no room (neighbours with one key, keys that somebody else
 * made up) the place behind `before` is close enough.
 */
export function orderBetween(before: string | null, after: string | null, client: number): string {
  const own = ownDigits(client)
  const key = inOwnRow(before, after, own) ?? `${fraction(before, after)}${own}${middleDigit}${own}`
  return before === null || key > before ? key : `${before}${own}`
}

/**
 * Behind or before what this client put down itself: the digits up to its name are its own, nobody else begins keys with
 * them, unless the row is to be split.
 */
function inOwnRow(before: string | null, after: string | null, own: string): string | null {
  const behind = rowOf(before, after, own)
  if (before !== null && behind !== null) return behind + above(before.slice(behind.length)) + own
  const ahead = rowOf(after, before, own)
  const room = after !== null && ahead !== null ? below(after.slice(ahead.length)) : null
  return room === null ? null : ahead + room + own
}

/** The longest beginning of `key` that ends with this client's name, does not end `key`, and does not begin `other`. */
function rowOf(key: string | null, other: string | null, own: string): string | null {
  if (key === null) return null
  for (let at = key.indexOf(own); at !== -1 && at + own.length < key.length; at = key.indexOf(own, at + 1)) {
    const row = key.slice(0, at + own.length)
    if (other === null || !other.startsWith(row)) return row
  }
  return null
}

function fraction(before: string | null, after: string | null): string {
  if (before === null) return (after === null ? null : below(after)) ?? middleDigit
  return after === null ? above(before) : between(before, after)
}

/** The next whole number. */
function above(key: string): string {
  const head = headOf(key, 'z')
  let at = head.length - 1
  while (head[at] === base - 1) head[at--] = 0
  head[at] = (head[at] as number) + 1
  return head.map(digit).join('')
}

/** The whole number before; `null` before nothing but zeros. */
function below(key: string): string | null {
  const head = headOf(key, '0')
  let at = head.length - 1
  while (head[at] === 0) head[at--] = base - 1
  if (at < 0) return null
  head[at] = (head[at] as number) - 1
  return head.map(digit).join('')
}

/**
 * The whole number a key begins with. How many digits it has is said by the marks before it (none: one digit, one: two, …),
 * so that there is always another number, and all of them are short.
 */
function headOf(key: string, mark: string): number[] {
  let marks = 0
  while (key[marks] === mark) marks++
  return Array.from(key.slice(0, 2 * marks + 1).padEnd(2 * marks + 1, '0'), valueOf)
}

/** As few digits as tell the two apart, and one more in the middle of the gap. */
function between(before: string, after: string): string {
  let key = ''
  let isBelow = false
  for (let at = 0; isBelow || at < after.length; at++) {
    const low = at < before.length ? valueOf(before.charAt(at)) : 0
    const high = isBelow ? base : valueOf(after.charAt(at))
    if (high - low > 1) return key + digit((low + high) >> 1)
    key += digit(low)
    if (high > low) isBelow = true
  }
  return key
}

/** Six digits that name a client. None of them is `0`: a key never ends in one, so there is always room below it. */
function ownDigits(client: number): string {
  let rest = client >>> 0
  let name = ''
  for (let n = 0; n < 6; n++) {
    name = digit(1 + (rest % (base - 1))) + name
    rest = Math.floor(rest / (base - 1))
  }
  return name
}

function valueOf(character: string): number {
  return Math.max(0, digits.indexOf(character))
}

function digit(value: number): string {
  return digits.charAt(value)
}
