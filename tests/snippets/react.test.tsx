// @vitest-environment jsdom
import 'fake-indexeddb/auto'
import type { Provider, Refusal } from '@tutti/client'
import { Room, TuttiProvider, useProvider } from '@tutti/client/react'
import { act, cleanup, configure, fireEvent, render, screen, waitFor } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { eventually, openReactRelay, type ReactRelay } from '../support/react-relay.ts'
import { App } from './react.tsx'
import { Band, Editor, Evening, Notes, Refused, Songs } from './react-hooks.tsx'

// What `docs/react.md` shows is what runs here.

configure({ asyncUtilTimeout: 10_000 })

let relay: ReactRelay
beforeAll(async () => {
  relay = await openReactRelay()
  vi.stubGlobal('location', { host: relay.url.replace('ws://', '') })
  vi.stubGlobal('url', relay.url)
  vi.stubGlobal('options', relay.options)
  vi.stubGlobal('WebSocket', relay.options.WebSocketPolyfill)
})
afterEach(async () => {
  cleanup()
  await eventually(() => expect(relay.open()).toBe(0))
})
afterAll(async () => {
  vi.unstubAllGlobals()
  await relay.close()
})

let provider: Provider | null = null
function InRoom({ children }: { children: ReactNode }): ReactNode {
  return (
    <TuttiProvider url={relay.url} options={relay.options}>
      <Room name="snippets">
        {children}
        <Known />
      </Room>
    </TuttiProvider>
  )
}
function Known(): ReactNode {
  provider = useProvider()
  return null
}

test('an app shows a document, and says that it is saved', async () => {
  render(<App />)
  fireEvent.click(screen.getByText('Add the encore'))
  expect(screen.getByText('Goodnight, Irene')).toBeDefined()
  await waitFor(() => expect(screen.getByRole('status').textContent).toBe('All changes saved'))
})

test('several rooms are on one connection, with a token', async () => {
  const before = relay.opened()
  const signIn = vi.fn<() => Promise<string>>(async () => 'token')
  render(<Evening names={['friday', 'saturday']} signIn={signIn} />)
  await waitFor(() =>
    expect(screen.getAllByRole('heading').map(one => one.textContent)).toEqual(['friday', 'saturday']),
  )
  expect([signIn.mock.calls.length, relay.opened() - before]).toEqual([1, 1])
})

test('who else is here', async () => {
  render(
    <>
      <InRoom>
        <Band name="Ann" />
      </InRoom>
      <InRoom>
        <Band name="Bob" />
      </InRoom>
    </>,
  )
  await waitFor(() => expect(screen.getAllByRole('listitem').map(one => one.textContent)).toEqual(['Bob', 'Ann']))
})

test('undo', () => {
  render(<Notes />, { wrapper: InRoom })
  const button = screen.getByText<HTMLButtonElement>('Undo')
  expect(button.disabled).toBe(true)
  fireEvent.click(button.previousElementSibling as Element)
  expect([button.disabled, button.previousElementSibling?.textContent]).toEqual([false, ' la'])
  fireEvent.click(button)
  expect([button.disabled, button.previousElementSibling?.textContent]).toEqual([true, ''])
})

test('an editor is bound once the room is open, and let go', async () => {
  const { unmount } = render(<Editor />, { wrapper: InRoom })
  const { doc } = provider as unknown as Provider
  expect(doc.getText('notes').toString()).toBe('bound ')
  unmount()
})

test('a refusal is shown and taken back', async () => {
  render(<Refused />, { wrapper: InRoom })
  const undo = vi.fn<() => Promise<void>>(async () => {})
  const refusal = { message: 'too large', undo } as Partial<Refusal> as Refusal
  act(() => provider?.emit('refused', [refusal]))
  expect(screen.getByRole('alert').textContent).toContain('too large')
  fireEvent.click(screen.getByText('Take it back'))
  await waitFor(() => expect(screen.queryByRole('alert')).toBe(null))
  expect(undo).toHaveBeenCalledOnce()
})

test('a typed document', async () => {
  render(<Songs />, { wrapper: InRoom })
  expect(screen.getByText<HTMLButtonElement>('Add').disabled).toBe(true)
  await waitFor(() => expect(screen.getByText<HTMLButtonElement>('Add').disabled).toBe(false))
  fireEvent.click(screen.getByText('Add'))
  expect(screen.getByText('When the Saints')).toBeDefined()
})
