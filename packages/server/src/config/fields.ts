import { z } from 'zod'

// Kinds of values. What is allowed is said in one sentence, whatever is wrong; text stands for what it spells, because
// flags and the environment have nothing else.

export function whole(least: number, most: number): z.ZodType<number> {
  const allowed = `a whole number from ${least} to ${most}`
  return z.preprocess(fromText(asNumber), z.int(allowed).min(least, allowed).max(most, allowed))
}

export function text(allowed: string, isFit: (value: string) => boolean = value => value !== ''): z.ZodType<string> {
  return z.string(allowed).refine(isFit, allowed)
}

export function yesOrNo(): z.ZodType<boolean> {
  return z.preprocess(fromText(asBoolean), z.boolean('true or false'))
}

export function oneOf<const Word extends string>(words: readonly Word[]): z.ZodType<Word> {
  return z.enum(words, `one of ${words.join(', ')}`)
}

export function list(allowed: string, isFit: (value: string) => boolean): z.ZodType<readonly string[]> {
  return z.preprocess(asList, z.array(z.string(allowed).refine(isFit, allowed), allowed))
}

function fromText(read: (text: string) => unknown): (value: unknown) => unknown {
  return value => (typeof value === 'string' ? read(value.trim()) : value)
}

function asNumber(text: string): unknown {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function asBoolean(text: string): unknown {
  if (/^(true|yes|on|1)$/i.test(text)) return true
  if (/^(false|no|off|0)$/i.test(text)) return false
  return text
}

/** Commas part, in one text or in each of several. */
function asList(value: unknown): unknown {
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value]
  return parts.flatMap((part: unknown) =>
    typeof part === 'string'
      ? part
          .split(',')
          .map(item => item.trim())
          .filter(item => item !== '')
      : [part],
  )
}
