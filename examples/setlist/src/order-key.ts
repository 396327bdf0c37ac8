/** In the order in which strings compare, so that a plain `<` sorts keys. */
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const base = digits.length

/**
 * A key that sorts between two others; `null` is the open end. Two devices that ask for the same place get different
 * keys (three random digits), so both songs stay where they were put, next to each other, on every device.
 *
 * A key is a fraction written without its "0.", and never ends in 0: there is always room below it.
 */
export function orderBetween(before: string | null, after: string | null, random: () => number = Math.random): string {
  // Neighbours that share a key leave no room between them: then behind both is close enough.
  const ceiling = after !== null && (before ?? '') < after ? after : null
  let key = ''
  let isBelow = ceiling !== null
  for (let at = 0; ; at++) {
    const low = valueAt(before, at, 0)
    const high = isBelow ? valueAt(ceiling, at, base) : base
    if (high - low > 1) {
      // At an open end small steps are enough, and keep the keys short when songs are only ever added.
      const room = ceiling === null ? Math.min(3, high - low - 1) : high - low - 1
      return (
        key + digit(low + 1 + below(room, random)) + digit(below(base, random)) + digit(1 + below(base - 1, random))
      )
    }
    key += digit(low)
    if (high > low) isBelow = false
  }
}

function valueAt(key: string | null, at: number, otherwise: number): number {
  const found = key?.[at]
  return found === undefined ? otherwise : Math.max(0, digits.indexOf(found))
}

function digit(value: number): string {
  return digits.charAt(value)
}

function below(end: number, random: () => number): number {
  return Math.floor(random() * end)
}
