import { type DocName, noBytes, seal, seq } from '@tutti/core'
import { expect, test } from 'vitest'
import { sealRun } from './entry-run.ts'
import { segmentKey } from './level-keys.ts'
import { RunWalk } from './run-walk.ts'

const someone = { subject: 's', device: 'd', session: 'x' }
const entries = [{ bytes: noBytes, at: 1, base: seq(0), author: someone, counter: 1 }]
const sealedFor = (docNo: number, first: number): Uint8Array => sealRun(docNo, first, 0, entries, 0, () => 1).record
const walkOf = (docNo: number): RunWalk =>
  new RunWalk({ doc: 'song' as DocName, docNo, after: 0, upTo: 1, from: 1, link: 0 }, () => someone)

test('[LOG13] a record that lies in the place of another document, position or kind is not read', () => {
  expect(walkOf(7).take(sealedFor(7, 1))).toBe(true)
  expect(walkOf(7).take(sealedFor(7, 2))).toBe(false)
  // The first records of two documents link to nothing, both: only their places tell them apart.
  expect(walkOf(7).take(sealedFor(8, 1))).toBe(false)
  expect(walkOf(7).take(seal(segmentKey(7, 1), sealedFor(7, 1).subarray(16)))).toBe(false)
})
