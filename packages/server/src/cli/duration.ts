import type { Millis } from '@tutti/core'
import { UsageError } from './exit.ts'

const units: Readonly<Record<string, Millis>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90s`, `15m`, `12h`, `30d`, in milliseconds. */
export function parseDuration(text: string): Millis {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const ms = Number(count) * (units[unit] ?? 0)
  if (ms > 0) return ms
  throw new UsageError(`${JSON.stringify(text)} is no span of time: say 90s, 15m, 12h or 30d`)
}

/** A span in the largest unit that says it well. */
export function inWords(ms: Millis): string {
  const [unit, size] = Object.entries(units).findLast(([, length]) => Math.abs(ms) >= length) ?? ['s', 1_000]
  return `${Number((ms / size).toFixed(1))} ${unit}`
}
