// @vitest-environment jsdom
import { Provider } from '@tutti/client'
import {
  type Peer,
  Room,
  TuttiProvider,
  useArray,
  useCanRedo,
  useCanUndo,
  useDoc,
  useMap,
  useMyPresence,
  useOthers,
  usePending,
  useProvider,
  useProviderEvent,
  useRedo,
  useSelf,
  useStatus,
  useSyncStatus,
  useText,
  useUndo,
  useUndoManager,
  useValue,
} from '@tutti/client/react'
import { useTyped } from '@tutti/client/react/typed'
import { manualEnv } from '@tutti/core/testing'
import { collection, defineDocument, openTyped } from '@tutti/core/typed'
import { act, cleanup, configure, renderHook, waitFor } from '@testing-library/react'
import { type ReactNode, StrictMode, useEffect } from 'react'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import * as z from 'zod'
import { eventually, openReactRelay, type ReactRelay } from '../support/react-relay.ts'

configure({ asyncUtilTimeout: 10_000 })

let relay: ReactRelay
let rooms = 0
beforeAll(async () => {
  relay = await openReactRelay()
})
afterEach(async () => {
  cleanup()
  for (const provider of others.splice(0)) provider.destroy()
  await eventually(() => expect(relay.open()).toBe(0))
})
afterAll(() => relay.close())

/** Somebody else in the same document, without React. */
const others: Provider[] = []
function other(name: string): Provider {
  const provider = new Provider({ url: relay.url, name, ...relay.options })
  others.push(provider)
  return provider
}

/** A component in a room of its own: what its hook returned, and how often it was rendered. */
function inRoom<T>(hook: () => T, { name = `room-${rooms++}`, strict = false } = {}) {
  let renders = 0
  let provider: Provider | null = null
  const rendered = renderHook(
    () => {
      renders++
      provider = useProvider()
      return hook()
    },
    {
      wrapper: ({ children }: { children: ReactNode }) => {
        const tree = (
          <TuttiProvider url={relay.url} options={relay.options}>
            <Room name={name}>{children}</Room>
          </TuttiProvider>
        )
        return strict ? <StrictMode>{tree}</StrictMode> : tree
      },
    },
  )
  return {
    ...rendered,
    name,
    renders: () => renders,
    provider: () => provider as unknown as Provider,
    now: () => rendered.result.current,
  }
}

const turn = (): Promise<void> => act(async () => {})

describe('values', () => {
  it('[RCT4] a component renders when what it selects changes, by content, and not for other keys', async () => {
    const seen = inRoom(() => useValue(doc => doc.getMap('songs').toJSON()))
    await waitFor(() => expect(seen.provider().synced).toBe(true))
    const { doc } = seen.provider()
    const [first, before] = [seen.now(), seen.renders()]
    act(() => void doc.getMap('other').set('a', 1))
    act(() => doc.getText('notes').insert(0, 'la'))
    act(() => doc.transact(() => doc.getMap('songs').delete('nothing')))
    await turn()
    expect([seen.renders(), seen.now()]).toEqual([before, {}])
    expect(seen.now()).toBe(first)
    act(() => void doc.getMap('songs').set('opener', 'Saints'))
    expect([seen.renders() - before, seen.now()]).toEqual([1, { opener: 'Saints' }])
    act(() => void doc.getMap('songs').set('opener', 'Saints'))
    expect(seen.renders() - before).toBe(1)
    const writer = other(seen.name)
    await eventually(() => expect(writer.doc.getMap('songs').get('opener')).toBe('Saints'))
    writer.doc.getMap('songs').set('encore', 'Irene')
    await waitFor(() => expect(seen.now()).toEqual({ opener: 'Saints', encore: 'Irene' }))
    expect(seen.renders() - before).toBe(2)
  })

  it('[RCT4] the selector may be another at every render, and what is equal is the app’s to say', async () => {
    let key = 'a'
    const isNear = (a: number, b: number) => Math.abs(a - b) < 10
    const seen = inRoom(() => useValue(doc => Number(doc.getMap('tempo').get(key) ?? 0), isNear))
    const { doc } = seen.provider()
    act(() => void doc.getMap('tempo').set('a', 5))
    expect(seen.now()).toBe(0)
    act(() => void doc.getMap('tempo').set('a', 50))
    expect(seen.now()).toBe(50)
    act(() => void doc.getMap('tempo').set('b', 100))
    key = 'b'
    seen.rerender()
    expect(seen.now()).toBe(100)
  })

  it('[RCT4] shared types are rendered anew at changes in them, however deep, and not beside them', () => {
    const seen = inRoom(() => [useMap<Y.Map<number>>('songs'), useArray<string>('order'), useText('notes')] as const)
    const [songs, order, notes] = seen.now()
    const song = new Y.Map<number>()
    let before = seen.renders()
    const changes = [
      () => void songs.set('a', song),
      () => void song.set('tempo', 90),
      () => order.push(['a']),
      () => notes.insert(0, 'la'),
    ]
    for (const change of changes) {
      act(change)
      expect(seen.renders()).toBe(++before)
    }
    act(() => void seen.provider().doc.getMap('other').set('a', 1))
    expect(seen.renders()).toBe(before)
    expect(seen.now()).toEqual([songs, order, notes])
  })

  it('what is written in an effect, before the room is open, is kept', async () => {
    const seen = inRoom(() => {
      const doc = useDoc()
      useEffect(() => void doc.getMap('songs').set('opener', 'Saints'), [doc])
      return useValue(doc => doc.getMap('songs').get('opener'))
    })
    expect(seen.now()).toBe('Saints')
    const reader = other(seen.name)
    await eventually(() => expect(reader.doc.getMap('songs').get('opener')).toBe('Saints'))
  })
})

describe('what people are told', () => {
  it('[RCT5] opening, saved, saving, saved; connected or not; how much is pending', async () => {
    const told: string[] = []
    const seen = inRoom(() => {
      const all = { status: useStatus(), saving: useSyncStatus(), pending: usePending() }
      if (told.at(-1) !== all.saving.text) told.push(all.saving.text)
      return all
    })
    await waitFor(() => expect(seen.now().saving.kind).toBe('saved'))
    expect([seen.now().status, seen.now().pending.edits]).toEqual(['connected', 0])
    act(() => seen.provider().disconnect())
    act(() => seen.provider().doc.getText('notes').insert(0, 'la'))
    await waitFor(() => expect(seen.now()).toMatchObject({ status: 'disconnected', pending: { edits: 1 } }))
    expect(seen.now().saving).toEqual({ ...seen.provider().saving, text: 'Offline. 1 change NOT saved on this device' })
    act(() => seen.provider().connect())
    await waitFor(() =>
      expect(seen.now()).toMatchObject({ saving: { kind: 'saved' }, pending: { edits: 0, bytes: 0 } }),
    )
    expect(told[0]).toBe('Opening…')
    expect(told.at(-1)).toBe('All changes saved')
  })

  it('[RCT5] the seconds until the next attempt count down by themselves, and no timer is left behind', async () => {
    const env = manualEnv()
    const texts: string[] = []
    const Nowhere = class {
      constructor() {
        throw new Error('no network')
      }
    }
    const options = { ...relay.options, env, WebSocketPolyfill: Nowhere as never }
    const { unmount } = renderHook(() => texts.push(useSyncStatus().text), {
      wrapper: ({ children }: { children: ReactNode }) => (
        <TuttiProvider url="ws://nowhere" options={options}>
          <Room name="down">{children}</Room>
        </TuttiProvider>
      ),
    })
    for (let i = 0; i < 200; i++) await act(async () => env.advance(100))
    expect(texts.join()).toMatch(/in 4 s,Reconnecting in 3 s,Reconnecting in 2 s,Reconnecting in 1 s,/)
    unmount()
    env.advance(0)
    expect(env.waiting).toBe(0)
  })
})

describe('presence', () => {
  interface Person {
    name: string
    at: number
  }

  it('[RCT6] what is said before the room opens is said when it opens; others come, change and go', async () => {
    const seen = inRoom(
      () => {
        const [mine, update] = useMyPresence<Person>()
        useEffect(() => update({ name: 'Ann' }), [update])
        return { mine, update, self: useSelf<Person>(), others: useOthers<Person>() }
      },
      { strict: true },
    )
    const bob = other(seen.name)
    bob.awareness.setLocalState({ name: 'Bob' })
    const ann = seen.provider().awareness.clientID
    await waitFor(() => expect(names(seen.now().others)).toEqual(['Bob']))
    await eventually(() => expect(bob.awareness.getStates().get(ann)).toEqual({ name: 'Ann' }))
    act(() => seen.now().update({ at: 7 }))
    expect(seen.now().mine).toEqual({ name: 'Ann', at: 7 })
    expect(seen.now().self).toEqual({ clientId: ann, state: { name: 'Ann', at: 7 } })
    await eventually(() => expect(bob.awareness.getStates().get(ann)).toEqual({ name: 'Ann', at: 7 }))
    const before = [seen.now().others, seen.renders()] as const
    bob.awareness.setLocalState({ name: 'Bob' })
    seen.provider().doc.getText('t').insert(0, 'x')
    await act(() => seen.provider().flush())
    expect([seen.now().others, seen.renders()]).toEqual(before)
    bob.awareness.setLocalStateField('name', 'Bobby')
    await waitFor(() => expect(names(seen.now().others)).toEqual(['Bobby']))
    bob.destroy()
    await waitFor(() => expect(seen.now().others).toEqual([]))
  })

  it('[RCT6] nobody is seen without a connection, and what is no object is nobody', async () => {
    const seen = inRoom(() => useOthers<Person>())
    const bob = other(seen.name)
    bob.awareness.setLocalState({ name: 'Bob' })
    await waitFor(() => expect(names(seen.now())).toEqual(['Bob']))
    const stranger = new Awareness(new Y.Doc())
    stranger.setLocalState('Eve' as never)
    const bytes = encodeAwarenessUpdate(stranger, [stranger.clientID])
    act(() => applyAwarenessUpdate(seen.provider().awareness, bytes, 'them'))
    expect(seen.provider().awareness.getStates().get(stranger.clientID)).toBe('Eve')
    expect(names(seen.now())).toEqual(['Bob'])
    stranger.destroy()
    act(() => seen.provider().disconnect())
    expect(seen.now()).toEqual([])
  })

  const names = (peers: readonly Peer<Person>[]) => peers.map(peer => peer.state.name)
})

describe('undo', () => {
  it('[RCT7] takes back and makes again what was done here, by scope, and nobody else’s', async () => {
    const seen = inRoom(() => {
      const songs = useMap('songs')
      return {
        songs,
        notes: useText('notes'),
        undo: useUndo(songs),
        redo: useRedo(songs),
        canUndo: useCanUndo(songs),
        canRedo: useCanRedo(songs),
        undoAll: useUndo(),
        canUndoAll: useCanUndo(),
      }
    })
    await waitFor(() => expect(seen.provider().synced).toBe(true))
    const bob = other(seen.name)
    await eventually(() => expect(bob.synced).toBe(true))
    bob.doc.getMap('songs').set('bob', 1)
    await waitFor(() => expect(seen.now().songs.has('bob')).toBe(true))
    expect([seen.now().canUndo, seen.now().canUndoAll]).toEqual([false, false])
    act(() => seen.now().notes.insert(0, 'la'))
    expect([seen.now().canUndo, seen.now().canUndoAll]).toEqual([false, true])
    act(() => void seen.now().songs.set('ann', 2))
    expect(seen.now().canUndo).toBe(true)
    act(() => seen.now().undo())
    expect([seen.now().songs.toJSON(), seen.now().canUndo, seen.now().canRedo]).toEqual([{ bob: 1 }, false, true])
    act(() => seen.now().redo())
    expect([seen.now().songs.toJSON(), seen.now().canRedo]).toEqual([{ bob: 1, ann: 2 }, false])
    act(() => seen.now().undoAll())
    expect(seen.now().notes.toString()).toBe('')
  })

  it('[RCT7] remembers whoever is mounted, and an editor’s origin when it is told', () => {
    let isShown = true
    const seen = inRoom(() => {
      const doc = useDoc()
      return { doc, button: useButton(isShown ? doc.getText('a') : doc.getText('b')) }
    })
    const editor = {}
    seen.now().button.manager.trackedOrigins.add(editor)
    act(() => seen.now().doc.transact(() => seen.now().doc.getText('a').insert(0, 'la'), editor))
    act(() => seen.now().doc.transact(() => seen.now().doc.getText('a').insert(0, 'x'), 'another'))
    isShown = false
    seen.rerender()
    expect(seen.now().button.canUndo).toBe(false)
    isShown = true
    seen.rerender()
    expect(seen.now().button.canUndo).toBe(true)
    act(() => seen.now().button.undo())
    expect(seen.now().doc.getText('a').toString()).toBe('x')
  })

  const useButton = (text: Y.Text) => ({
    manager: useUndoManager(text),
    undo: useUndo(text),
    canUndo: useCanUndo(text),
  })
})

describe('typed documents', () => {
  const fields = { songs: collection(z.object({ title: z.string() })) }
  const setlist = defineDocument({ type: 'setlist', version: 1, fields })

  it('[RCT10] are read and written through their definition, and say when somebody has a newer version', () => {
    const seen = inRoom(() => {
      const typed = useTyped(setlist)
      return { typed, titles: useValue(() => typed.fields.songs.list().map(song => song.title)) }
    })
    const { typed } = seen.now()
    act(() => void typed.fields.songs.add({ title: 'Saints' }))
    expect(seen.now().titles).toEqual(['Saints'])
    expect(seen.now().typed).toBe(typed)
    act(() => void seen.provider().doc.getMap('tutti:schema').set('version', 2))
    expect(seen.now().typed).toMatchObject({ kind: 'from-the-future', version: 2 })
    expect(openTyped(setlist, seen.provider().doc).kind).toBe('from-the-future')
  })
})

describe('events', () => {
  it('[RCT11] are heard by the listener rendered last, until it is unmounted', async () => {
    const heard: string[] = []
    let label = 'first'
    const seen = inRoom(() => {
      const mine = label
      useProviderEvent('synced', isSynced => heard.push(`${mine} ${isSynced}`))
    })
    label = 'second'
    seen.rerender()
    await waitFor(() => expect(heard).toEqual(['second true']))
    const provider = seen.provider()
    seen.unmount()
    provider.emit('synced', [true])
    expect(heard).toEqual(['second true'])
  })

  it('[RCT11] a document that is replaced is replaced for every hook, and presence goes along', async () => {
    const seen = inRoom(() => {
      const [mine, update] = useMyPresence<{ name: string }>()
      useEffect(() => update({ name: 'Ann' }), [update])
      return { doc: useDoc(), mine, title: useValue(doc => doc.getMap('m').get('title')), text: useText('t') }
    })
    await waitFor(() => expect(seen.provider().synced).toBe(true))
    act(() => void seen.now().doc.getMap('m').set('title', 'Old'))
    await act(() => seen.provider().flush())
    const old = seen.now().doc
    const address = `${relay.url.replace('ws', 'http')}/v1/documents/${seen.name}`
    for (const [method, url] of [
      ['DELETE', address],
      ['POST', `${address}/purge`],
    ] as const) {
      const answer = await fetch(url, { method })
      expect(answer.ok, await answer.text()).toBe(true)
    }
    const bob = other(seen.name)
    bob.doc.getMap('m').set('title', 'New')
    await bob.flush()
    act(() => seen.provider().connect())
    await waitFor(() => expect(seen.now().title).toBe('New'))
    expect(seen.now().doc).not.toBe(old)
    expect([seen.now().doc, seen.now().text.doc]).toEqual([seen.provider().doc, seen.provider().doc])
    expect(seen.now().mine).toEqual({ name: 'Ann' })
  })
})
