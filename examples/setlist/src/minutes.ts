/** `245` is `4:05`; nothing is nothing. */
export function minutes(seconds: number | null): string {
  if (seconds === null) return ''
  const rest = `${Math.round(seconds) % 60}`.padStart(2, '0')
  return `${Math.floor(Math.round(seconds) / 60)}:${rest}`
}

/** Reads `4:05`, `4.05` and `4` (minutes); `null` for what is not a length. */
export function secondsFrom(text: string): number | null {
  const found = /^\s*(\d{1,3})(?:[:.,](\d{1,2}))?\s*$/.exec(text)
  if (found === null) return null
  const seconds = Number(found[1]) * 60 + Number(found[2] ?? 0)
  return seconds > 0 ? seconds : null
}
