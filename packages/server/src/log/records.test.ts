import { seal } from '@tutti/core'
import { describe, expect, test } from 'vitest'
import { letters, numberKey } from './level-keys.ts'
import { checksum, sealAuthor, unsealAuthor } from './records.ts'

describe('records', () => {
  test('[LOG13] an author is three words, or damaged, whatever was sealed', () => {
    const author = { subject: 'é', device: 'd', session: '' }
    expect(unsealAuthor(7, sealAuthor(7, author))).toEqual(author)
    expect(unsealAuthor(8, sealAuthor(7, author))).toBeNull()
    for (const text of ['', '9', '["a","b"', '["a","b"]', '["a","b",1]', 'null', '{}']) {
      const record = seal(numberKey(letters.author, 7), new TextEncoder().encode(text), checksum)
      expect(unsealAuthor(7, record), text).toBeNull()
    }
  })
})
