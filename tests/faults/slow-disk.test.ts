import { setTimeout as sleep } from 'node:timers/promises'
import { type DocName, MemoryLog } from '@tutti/core'
import { createServer } from '@tutti/server'
import { describe, expect, onTestFinished, test } from 'vitest'
import { tellFigures } from '../support/figures.ts'
import { lacking, NativeClient } from '../support/native-client.ts'
import { rounds } from '../support/scale.ts'

const diskMs = 200

async function slowServer(): Promise<{ wsUrl: string; log: MemoryLog; appends: () => number }> {
  let appends = 0
  const log = new MemoryLog({
    beforeAppend: async () => {
      appends++
      await sleep(diskMs)
    },
  })
  const server = await createServer({ log, port: 0, logLevel: 'silent' })
  onTestFinished(() => server.close())
  return { wsUrl: server.url.replace('http', 'ws'), log, appends: () => appends }
}

describe(`a disk that takes ${diskMs} ms`, () => {
  test('[ROOM5] an author hears "received" first, then that it is stored; others see it only then', async () => {
    const { wsUrl } = await slowServer()
    const author = new NativeClient('author')
    const reader = new NativeClient('reader')
    await author.connect(wsUrl, 'song')
    await reader.connect(wsUrl, 'song')
    author.doc.getText('t').insert(0, 'x')
    await author.until(() => author.received.length > 0)
    expect(author.received).toEqual([1])
    expect(author.pending).toHaveLength(1)
    expect(reader.seen).toEqual([])
    await author.settled()
    await reader.until(() => reader.seen.length > 0)
    await author.leave()
    await reader.leave()
  })

  const edits = rounds(50, 500)

  test(`[ROOM2] what waits shares the next append: ${edits} edits of each of many authors cost few of them`, {
    timeout: 20_000 + edits * 100,
  }, async () => {
    const { wsUrl, log, appends } = await slowServer()
    const authors = Array.from({ length: 10 }, (_, i) => new NativeClient(`author-${i}`))
    await Promise.all(authors.map(author => author.connect(wsUrl, 'song')))
    const began = performance.now()
    for (let i = 0; i < edits; i++) {
      for (const author of authors) author.doc.getText('t').insert(0, `${i} `)
      await sleep(10)
    }
    await Promise.all(authors.map(author => author.settled()))
    const tookMs = performance.now() - began
    const { entries } = await log.open('song' as DocName)
    expect(entries).toHaveLength(10 * edits)
    const used = appends()
    expect(used).toBeLessThanOrEqual(Math.ceil(tookMs / diskMs))
    let lost = 0
    for (const author of authors) {
      await author.until(() => author.position === 10 * edits)
      lost += lacking(
        author.doc,
        entries.map(entry => entry.bytes),
      )
      await author.leave()
    }
    tellFigures(`a disk that takes ${diskMs} ms`, {
      edits: entries.length,
      appends: used,
      ms: Math.round(tookMs),
      lost,
    })
    expect(lost).toBe(0)
  })

  test('[ROOM2] documents wait for the disk side by side', async () => {
    const { wsUrl } = await slowServer()
    const authors = Array.from({ length: 20 }, (_, i) => new NativeClient(`author-${i}`))
    await Promise.all(authors.map((author, i) => author.connect(wsUrl, `song-${i}`)))
    const began = performance.now()
    for (const author of authors) author.doc.getText('t').insert(0, 'x')
    await Promise.all(authors.map(author => author.settled()))
    expect(performance.now() - began).toBeLessThan(4 * diskMs)
    await Promise.all(authors.map(author => author.leave()))
  })
})
