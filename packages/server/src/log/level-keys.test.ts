import { type DocName, toHex } from '@tutti/core'
import { describe, expect, test } from 'vitest'
import { entryKey, nameKey, nameOfKey, positionOfKey } from './level-keys.ts'

describe('keys', () => {
  test('are those of the grammar', () => {
    expect(toHex(entryKey(7, 258))).toBe('6500000007000000000102')
    expect(positionOfKey(entryKey(2 ** 32 - 1, 2 ** 48 - 1))).toBe(2 ** 48 - 1)
    expect(toHex(nameKey('aé😀' as DocName))).toBe('4e006100e9d83dde00')
    expect(nameOfKey(nameKey('aé😀' as DocName))).toBe('aé😀')
  })
})
