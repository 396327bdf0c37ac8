import { expect, it } from 'vitest'
import { minutes, secondsFrom } from './minutes.ts'

it('a length is written as people write it', () => {
  expect([minutes(245), minutes(60), minutes(59.6), minutes(null)]).toEqual(['4:05', '1:00', '1:00', ''])
})

it('a length is read as people write it', () => {
  expect(['4:05', ' 4.30 ', '4', '0:00', 'long', '4:005'].map(secondsFrom)).toEqual([245, 270, 240, null, null, null])
})
