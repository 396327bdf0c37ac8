import { encodeAwareness } from '@tutti/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { Presence } from './presence.ts'

function presence(): { presence: Presence; sent: Uint8Array[] } {
  const awareness = new Awareness(new Y.Doc())
  onTestFinished(() => awareness.destroy())
  const sent: Uint8Array[] = []
  return { presence: new Presence(awareness, bytes => sent.push(bytes)), sent }
}

describe('presence', () => {
  it('[CLI13] what others say about us is not believed, what they say about others is', () => {
    const { presence: ours } = presence()
    const { awareness } = ours
    awareness.setLocalStateField('user', 'ann')
    ours.receive(
      encodeAwareness([
        { client: awareness.clientID, clock: 99, state: '{"user":"not ann"}' },
        { client: 7, clock: 1, state: '{"user":"bob"}' },
      ]),
    )
    expect(awareness.getLocalState()).toEqual({ user: 'ann' })
    expect(awareness.getStates().get(7)).toEqual({ user: 'bob' })
    ours.forgetOthers()
    expect([...awareness.getStates().keys()]).toEqual([awareness.clientID])
  })

  it('[CLI13] what is no presence is nothing, and does not throw', () => {
    const { presence: ours } = presence()
    for (const bytes of [[], [1], [200], [1, 7, 1, 3, 110], [1, 7, 1, 1, 123]]) ours.receive(Uint8Array.from(bytes))
    expect(ours.awareness.getStates().size).toBe(1)
  })

  it('what is done in one turn is said once', async () => {
    const { presence: ours, sent } = presence()
    for (let i = 0; i < 5; i++) ours.awareness.setLocalStateField('cursor', i)
    await Promise.resolve()
    expect(sent.length).toBe(1)
  })
})
