import { type SessionId, seq } from '@tutti/core'
import { describe, expect, it } from 'vitest'
import { type OutgoingEdit, Outbox } from './outbox.ts'

const session = 'ann' as SessionId
const edit = (counter: number, size = 10): OutgoingEdit => ({
  counter,
  session,
  number: counter,
  bytes: new Uint8Array(size),
  base: seq(0),
  isReceived: false,
})
const counters = (edits: readonly OutgoingEdit[]) => edits.map(one => one.counter)

function filled(count: number): Outbox {
  const outbox = new Outbox()
  for (let i = 1; i <= count; i++) outbox.add(edit(i))
  return outbox
}

describe('the outbox', () => {
  it('[CLI3] an acknowledgement takes out what it covers, and nothing that is held', () => {
    const outbox = filled(5)
    expect(counters(outbox.acknowledge(2))).toEqual([1, 2])
    outbox.heldFrom = outbox.all[1] as OutgoingEdit
    expect(counters(outbox.free)).toEqual([3])
    expect(counters(outbox.held)).toEqual([4, 5])
    expect(counters(outbox.acknowledge(5))).toEqual([3])
    expect(outbox.count).toEqual({ edits: 2, bytes: 20 })
    outbox.remove(outbox.held)
    expect(outbox.heldFrom).toBe(null)
    expect(outbox.count).toEqual({ edits: 0, bytes: 0 })
  })

  it('[CLI3] a batch holds as many edits as fit, in order, and one at least', () => {
    const outbox = filled(5)
    expect(counters(outbox.batch(3, 1_000))).toEqual([1, 2, 3])
    expect(counters(outbox.batch(99, 25))).toEqual([1, 2])
    expect(counters(outbox.batch(99, 1))).toEqual([1])
    outbox.heldFrom = outbox.all[0] as OutgoingEdit
    expect(outbox.batch(99, 1_000)).toEqual([])
  })

  it('[CLI10] what others left goes first, is adopted once, counted anew, and given up when the device has it no more', () => {
    const outbox = filled(2)
    const left = [7, 8].map(counter => ({
      session: 'bob' as SessionId,
      counter,
      bytes: new Uint8Array(1),
      base: seq(0),
    }))
    outbox.adopt(left)
    outbox.adopt(left)
    let next = 2
    outbox.number(() => ++next)
    expect(outbox.all.map(one => `${one.counter} ${one.session} ${one.number}`)).toEqual([
      '3 bob 7',
      '4 bob 8',
      '5 ann 1',
      '6 ann 2',
    ])
    expect(outbox.count).toEqual({ edits: 4, bytes: 22 })
    // One of them was taken back; what mends the server is nobody's edit.
    outbox.add({ ...edit(7), number: 0 })
    outbox.retain(session, left.slice(1))
    expect(counters(outbox.all)).toEqual([4, 5, 6])
    expect(outbox.count).toEqual({ edits: 3, bytes: 21 })
  })
})
