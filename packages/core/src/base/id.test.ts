import { describe, expect, test } from 'vitest'
import { isSeq, parseDeviceId, parseDocName, parseEpoch, parseSessionId, seq } from './id.ts'

describe('document names', () => {
  test('[BASE1] any text people write, as long as it is one', () => {
    for (const name of [
      'a',
      'a/b',
      'Zoë',
      '日本',
      '👩‍👩‍👧‍👦',
      '__proto__',
      '%2f',
      ' ',
      '...',
      'x'.repeat(256),
      '😀'.repeat(128),
    ]) {
      expect(parseDocName(name), name).toEqual({ ok: true, value: name })
    }
  })

  test('[BASE1] nothing empty, too long, relative, controlling, or broken', () => {
    for (const name of [
      '',
      '.',
      '..',
      'x'.repeat(257),
      'a\u0000b',
      'a\nb',
      '\u007f',
      '\ud800',
      'a\udc00',
      '\udc00\ud800',
      '😀'.repeat(129),
    ]) {
      expect(parseDocName(name).ok, JSON.stringify(name)).toBe(false)
    }
  })
})

test('[BASE1] epochs, devices and sessions are words', () => {
  for (const parse of [parseEpoch, parseDeviceId, parseSessionId]) {
    for (const word of ['a', 'A-z_09', 'x'.repeat(64)]) expect(parse(word).ok).toBe(true)
    for (const word of ['', 'a b', 'é', 'a\n', 'x'.repeat(65), '../a', 'a:b']) expect(parse(word).ok, word).toBe(false)
  }
})

test('[BASE1] positions are whole numbers from 0', () => {
  for (const value of [0, 1, Number.MAX_SAFE_INTEGER]) expect([isSeq(value), seq(value)]).toEqual([true, value])
  for (const value of [-1, 0.5, Number.NaN, Infinity, Number.MAX_SAFE_INTEGER + 1]) {
    expect(isSeq(value)).toBe(false)
    expect(() => seq(value)).toThrow(RangeError)
  }
})
