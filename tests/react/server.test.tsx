import {
  Room,
  TuttiProvider,
  useCanUndo,
  useDoc,
  useMap,
  useMyPresence,
  useOthers,
  usePending,
  useProvider,
  useProviderEvent,
  useSelf,
  useStatus,
  useSyncStatus,
  useValue,
} from '@tutti/client/react'
import { JSDOM } from 'jsdom'
import { type ReactNode, Suspense, useEffect } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { eventually, openReactRelay, type ReactRelay } from '../support/react-relay.ts'

let relay: ReactRelay
beforeAll(async () => {
  relay = await openReactRelay()
})
afterAll(() => relay.close())

function Everything(): ReactNode {
  const provider = useProvider()
  useDoc()
  useProviderEvent('loaded', () => {})
  const songs = useMap('songs')
  const title = useValue(doc => doc.getMap('songs').get('title') ?? 'nothing')
  const [mine] = useMyPresence()
  const facts = [
    provider === null,
    songs.size,
    title,
    mine,
    useSelf(),
    useOthers(),
    useStatus(),
    usePending(),
    useCanUndo(),
  ]
  return <p>{`${useSyncStatus().text} ${JSON.stringify(facts)}`}</p>
}

const app = (): ReactNode => (
  <TuttiProvider url={relay.url} options={relay.options}>
    <Room name="served">
      <Everything />
    </Room>
  </TuttiProvider>
)

const empty = '[true,0,"nothing",{},null,[],"disconnected",{"edits":0,"bytes":0},false]'

/** A page as a server sent it. */
function page(html: string): Element {
  const { window } = new JSDOM(`<div id="root">${html}</div>`)
  vi.stubGlobal('window', window)
  vi.stubGlobal('document', window.document)
  return window.document.getElementById('root') as Element
}
afterEach(() => vi.unstubAllGlobals())

it('[RCT9] a server renders an empty document that is being opened, and connects to nothing', () => {
  const html = renderToString(app())
  expect(html.replaceAll('&quot;', '"')).toBe(`<p>Opening… ${empty}</p>`)
  expect(relay.opened()).toBe(0)
})

it('[RCT9] a browser takes over what a server rendered without rendering it anew, and connects then', async () => {
  const place = page(renderToString(app()))
  const paragraph = place.firstChild
  const mistakes: unknown[] = []
  const root = hydrateRoot(place, app(), { onRecoverableError: mistake => mistakes.push(mistake) })
  await eventually(() => expect(place.textContent).toContain('All changes saved [false,0,"nothing",{},{"clientId":'))
  expect([mistakes, place.firstChild, relay.opened()]).toEqual([[], paragraph, 1])
  root.unmount()
  await eventually(() => expect(relay.open()).toBe(0))
})

it('[RCT9] what is taken over later, when the room is open and has content, begins as the server left it, too', async () => {
  const first: string[] = []
  const Writer = (): ReactNode => {
    const doc = useDoc()
    useEffect(() => void doc.getMap('songs').set('title', 'Saints'), [doc])
    return null
  }
  const Title = (): ReactNode => {
    const title = useValue(doc => doc.getMap<string>('songs').get('title') ?? 'nothing')
    first.push(`${title} ${useDoc().getMap('songs').size}`)
    return <p>{title}</p>
  }
  const tree = (
    <TuttiProvider url={relay.url} options={relay.options}>
      <Room name="late">
        <Writer />
        <Suspense>
          <Title />
        </Suspense>
      </Room>
    </TuttiProvider>
  )
  const place = page(renderToString(tree))
  first.length = 0
  const mistakes: unknown[] = []
  const root = hydrateRoot(place, tree, { onRecoverableError: mistake => mistakes.push(mistake) })
  await eventually(() => expect(place.textContent).toBe('Saints'))
  expect([mistakes, first[0]]).toEqual([[], 'nothing 0'])
  root.unmount()
  await eventually(() => expect(relay.open()).toBe(0))
})
