// @vitest-environment jsdom
import type { Provider } from '@tutti/client'
import { Room, TuttiProvider, useDoc, useProvider, useText } from '@tutti/client/react'
import { act, cleanup, configure, render, screen, waitFor } from '@testing-library/react'
import { Activity, type ReactNode, StrictMode } from 'react'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import type * as Y from 'yjs'
import { eventually, openReactRelay, type ReactRelay } from '../support/react-relay.ts'

configure({ asyncUtilTimeout: 10_000 })

let relay: ReactRelay
beforeAll(async () => {
  relay = await openReactRelay()
})
afterEach(async () => {
  cleanup()
  await eventually(() => expect(relay.open()).toBe(0))
})
afterAll(() => relay.close())

/** What the components below were given, in order and each once. */
const providers = new Set<Provider>()
const docs = new Set<Y.Doc>()
afterEach(() => {
  providers.clear()
  docs.clear()
})

function Notes({ label = 'notes' }: { label?: string }): ReactNode {
  const provider = useProvider()
  if (provider !== null) providers.add(provider)
  docs.add(useDoc())
  const text = useText('notes')
  return (
    <p data-testid={label} onClick={() => text.insert(text.length, 'la')}>
      {provider?.roomname}: {text.toString()}
    </p>
  )
}

function App({ url, children }: { url?: string; children: ReactNode }): ReactNode {
  return (
    <TuttiProvider url={url ?? relay.url} options={relay.options}>
      {children}
    </TuttiProvider>
  )
}

const shown = (label = 'notes'): string | null => screen.getByTestId(label).textContent
const only = <T,>(set: Set<T>): T => {
  expect(set.size).toBe(1)
  return [...set][0] as T
}

it('[RCT1] StrictMode mounts twice, and there is one provider, never destroyed, on one connection', async () => {
  const before = relay.opened()
  let destroyed = 0
  const { unmount } = render(
    <StrictMode>
      <App>
        <Room name="strict">
          <Notes />
        </Room>
      </App>
    </StrictMode>,
  )
  const provider = only(providers)
  provider.on('destroy', () => destroyed++)
  await waitFor(() => expect(provider.synced).toBe(true))
  screen.getByTestId('notes').click()
  await waitFor(() => expect(shown()).toBe('strict: la'))
  await act(() => provider.flush())
  expect([relay.opened() - before, destroyed, docs.size]).toEqual([1, 0, 1])
  unmount()
  await eventually(() => expect([relay.open(), destroyed]).toEqual([0, 1]))
})

it('[RCT1] rooms of one name share a provider, and rooms of a server a connection, nested or not', async () => {
  const before = relay.opened()
  const tree = (second: boolean): ReactNode => (
    <App>
      <Room name="one">
        <Notes label="a" />
        <Room name="two">
          <Notes label="b" />
        </Room>
      </Room>
      {second && (
        <Room name="one">
          <Notes label="c" />
        </Room>
      )}
    </App>
  )
  const { rerender } = render(tree(true))
  expect([...providers].map(provider => provider.roomname).sort()).toEqual(['one', 'two'])
  await waitFor(() => expect([...providers].every(provider => provider.synced)).toBe(true))
  screen.getByTestId('c').click()
  await waitFor(() => expect([shown('a'), shown('b'), shown('c')]).toEqual(['one: la', 'two: ', 'one: la']))
  expect(relay.opened() - before).toBe(1)
  rerender(tree(false))
  screen.getByTestId('a').click()
  await act(async () => void (await Promise.all([...providers].map(provider => provider.flush()))))
  expect([...providers].map(provider => provider.wsconnected)).toEqual([true, true])
  rerender(<App>nothing</App>)
  await eventually(() => expect([...providers].map(provider => provider.shouldConnect)).toEqual([false, false]))
})

it('[RCT1] a room that is hidden is closed, and opened anew when it is shown', async () => {
  const tree = (mode: 'visible' | 'hidden'): ReactNode => (
    <App>
      <Activity mode={mode}>
        <Room name="tab">
          <Notes />
        </Room>
      </Activity>
    </App>
  )
  const { rerender } = render(tree('visible'))
  screen.getByTestId('notes').click()
  const first = only(providers)
  await act(() => first.flush())
  rerender(tree('hidden'))
  await eventually(() => expect([first.shouldConnect, relay.open()]).toEqual([false, 0]))
  rerender(tree('visible'))
  await waitFor(() => expect([providers.size, shown()]).toEqual([2, 'tab: la']))
  screen.getByTestId('notes').click()
  await waitFor(() => expect(shown()).toBe('tab: lala'))
  expect(first.doc.getText('notes').toString()).toBe('la')
})

it('[RCT2] another name shows another document, and what is written goes there', async () => {
  const before = relay.opened()
  const tree = (name: string): ReactNode => (
    <App>
      <Room name={name}>
        <Notes />
      </Room>
    </App>
  )
  const { rerender } = render(tree('friday'))
  screen.getByTestId('notes').click()
  await waitFor(() => expect(shown()).toBe('friday: la'))
  const friday = only(providers)
  await act(() => friday.flush())
  rerender(tree('saturday'))
  expect(shown()).toBe('saturday: ')
  screen.getByTestId('notes').click()
  screen.getByTestId('notes').click()
  await waitFor(() => expect(shown()).toBe('saturday: lala'))
  await eventually(() => expect(friday.shouldConnect).toBe(false))
  expect(friday.doc.getText('notes').toString()).toBe('la')
  await act(() => ([...providers][1] as Provider).flush())
  rerender(tree('friday'))
  await waitFor(() => expect(shown()).toBe('friday: la'))
  expect([docs.size, relay.opened() - before]).toEqual([3, 1])
})

it('[RCT2] another address is another server', async () => {
  const elsewhere = await openReactRelay()
  const tree = (url: string): ReactNode => (
    <App url={url}>
      <Room name="tour">
        <Notes />
      </Room>
    </App>
  )
  const { rerender, unmount } = render(tree(relay.url))
  screen.getByTestId('notes').click()
  await act(() => only(providers).flush())
  rerender(tree(elsewhere.url))
  expect(shown()).toBe('tour: ')
  const [first, second] = [...providers]
  await waitFor(() => expect(second?.synced).toBe(true))
  expect(second?.serverUrl).toBe(elsewhere.url)
  expect([first?.shouldConnect, shown()]).toEqual([false, 'tour: '])
  unmount()
  await eventually(() => expect(second?.shouldConnect).toBe(false))
  await elsewhere.close()
})

it('[RCT3] a new token is asked for at the next attempt; neither it nor new options connect anew', async () => {
  const before = relay.opened()
  const asked: string[] = []
  const tree = (token: string): ReactNode => (
    <TuttiProvider
      url={relay.url}
      token={() => {
        asked.push(token)
        return token
      }}
      options={{ ...relay.options }}
    >
      <Room name="token" options={{ priority: 1 }}>
        <Notes />
      </Room>
    </TuttiProvider>
  )
  const { rerender } = render(tree('first'))
  await waitFor(() => expect(only(providers).synced).toBe(true))
  rerender(tree('second'))
  rerender(tree('third'))
  expect([only(providers).wsconnected, relay.opened() - before, asked]).toEqual([true, 1, ['first']])
  relay.cut()
  await eventually(() => expect(relay.opened() - before).toBe(2))
  expect(asked).toEqual(['first', 'third'])
})

it('a hook outside of a room, and a room outside of a provider, say what is missing', () => {
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => {})
  expect(() => render(<Notes />)).toThrow('<Room>')
  expect(() => render(<Room name="x" />)).toThrow('<TuttiProvider>')
  quiet.mockRestore()
})
