import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scaled } from '../support/scale.ts'
import { buildFuzzer } from './engine/build.ts'
import { keepInput, readInputs } from './engine/inputs-on-disk.ts'
import { summary } from './engine/main.ts'
import { supervised } from './engine/supervise.ts'
import { targets } from './targets/index.ts'

// A short search, always the same one; `npm run fuzz` searches for as long as one likes and keeps what it finds.

const seconds = scaled(0.5, 6)
let bundle: string

beforeAll(async () => {
  bundle = await buildFuzzer()
}, 120_000)

afterAll(async () => {
  await rm(bundle, { force: true })
})

describe('a search', () => {
  test('finds what nobody finds by chance alone, and makes it small', async () => {
    const order = { target: 'maze', seed: 1, again: [], corpus: [], inputs: 300_000, ms: 60_000, keeps: true }
    const { found } = await supervised(bundle, order)
    expect(found.map(({ kind, input }) => [kind, ...input])).toEqual([
      ['nobody finds the way out', 0x54, 0x75, 0x74, 0x34],
    ])
    const again = await supervised(bundle, { ...order, again: [found[0]?.input as Uint8Array], inputs: 0 })
    expect(again.found).toHaveLength(1)
  })
})

describe('whatever comes from outside', () => {
  test.each(targets)(
    '[BASE4] $name: old failures stay mended, and a search finds no new one',
    async ({ name, pace }) => {
      const outcome = await supervised(bundle, {
        target: name,
        seed: 1,
        again: readInputs('failures', name),
        corpus: readInputs('corpus', name),
        inputs: Math.round(pace * seconds),
        ms: seconds * 20_000,
        keeps: false,
      })
      process.stdout.write(`${summary(outcome)}\n`)
      const broken = outcome.found.map(({ kind, text, input }) => {
        const bytes = Buffer.from(input).toString('base64')
        const replay = input.length > 0 ? `npm run fuzz -- --replay ${keepInput('failures', name, input)}` : ''
        return `${kind}\n${replay}\nbase64 ${bytes}\n${text}`
      })
      expect(broken.join('\n\n')).toBe('')
      expect(outcome.branchesReached).toBeGreaterThan(outcome.branches * 0.25)
    },
    300_000,
  )
})
