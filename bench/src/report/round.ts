/** Three significant digits, with thousands set apart. */
export function round(value: number): string {
  if (value === 0) return '0'
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 })
}

/** The same in little room: 7.5 M, 21.5 k. */
export function roundShort(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e6) return `${round(value / 1e6)} M`
  if (size >= 1e4) return `${round(value / 1e3)} k`
  return round(value)
}
