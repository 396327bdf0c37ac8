import { err, ok, type Result } from './result.ts'

declare const brand: unique symbol
type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** A document's name, as people and URLs write it. The only door is `parseDocName`. */
export type DocName = Brand<string, 'DocName'>

/** Born with a document; changes only when its past is deliberately replaced. */
export type Epoch = Brand<string, 'Epoch'>

/** The place of an entry in a document's log, from 1. 0 is "before the first". */
export type Seq = Brand<number, 'Seq'>

/** A device, stable over restarts. */
export type DeviceId = Brand<string, 'DeviceId'>

/** One running client on a device: a browser tab, a process. Its edit counters start at 1. */
export type SessionId = Brand<string, 'SessionId'>

export const maxDocNameUnits = 256

const controlOrLoneSurrogate =
  /[\u0000-\u001f\u007f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** A name is 1 to 256 UTF-16 units without control characters or broken surrogates, and not "." or "..". */
export function parseDocName(text: string): Result<DocName, string> {
  if (text.length === 0) return err('a document name is not empty')
  if (text.length > maxDocNameUnits) return err(`a document name has at most ${maxDocNameUnits} characters`)
  if (controlOrLoneSurrogate.test(text)) return err('a document name has no control characters')
  if (text === '.' || text === '..') return err('a document name is not a relative path')
  return ok(text as DocName)
}

const word = /^[A-Za-z0-9_-]{1,64}$/

export function parseEpoch(text: string): Result<Epoch, string> {
  return word.test(text) ? ok(text as Epoch) : err('an epoch is a word of 1 to 64 letters and digits')
}

export function parseDeviceId(text: string): Result<DeviceId, string> {
  return word.test(text) ? ok(text as DeviceId) : err('a device id is a word of 1 to 64 letters and digits')
}

export function parseSessionId(text: string): Result<SessionId, string> {
  return word.test(text) ? ok(text as SessionId) : err('a session id is a word of 1 to 64 letters and digits')
}

export function isSeq(value: number): value is Seq {
  return Number.isSafeInteger(value) && value >= 0
}

/** For numbers that are positions by construction; anything else is a bug. */
export function seq(value: number): Seq {
  if (!isSeq(value)) throw new RangeError(`not a position: ${value}`)
  return value
}
