import type { Provider, Refusal } from '@tutti/client'
import {
  Room,
  type ServerOptions,
  TuttiProvider,
  useCanUndo,
  useDoc,
  useMyPresence,
  useOthers,
  useProvider,
  useProviderEvent,
  useSyncStatus,
  useText,
  useUndo,
  useUndoManager,
  useValue,
} from '@tutti/client/react'
import { useTyped } from '@tutti/client/react/typed'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import type * as Y from 'yjs'
import { setlist } from './typed-define.ts'

declare const url: string
declare const options: ServerOptions

// snippet:react-rooms
export function Evening({ names, signIn }: { names: string[]; signIn: () => Promise<string> }): ReactNode {
  return (
    <TuttiProvider url={url} token={signIn} options={options}>
      {names.map(name => (
        <Room key={name} name={name} options={{ seed: doc => doc.getMap('about').set('title', name) }}>
          <Title />
        </Room>
      ))}
    </TuttiProvider>
  )
}

function Title(): ReactNode {
  return <h2>{useValue(doc => doc.getMap<string>('about').get('title') ?? '')}</h2>
}
// end

// snippet:react-presence
interface Person {
  name: string
  at: string
}

export function Band({ name }: { name: string }): ReactNode {
  const [, show] = useMyPresence<Person>()
  const others = useOthers<Person>()
  useEffect(() => show({ name }), [show, name])
  return (
    <ul>
      {others.map(({ clientId, state }) => (
        <li key={clientId}>{state.name ?? 'Somebody'}</li>
      ))}
    </ul>
  )
}
// end

// snippet:react-undo
export function Notes(): ReactNode {
  const notes = useText('notes')
  const undo = useUndo(notes)
  return (
    <>
      <p onClick={() => notes.insert(notes.length, ' la')}>{notes.toString()}</p>
      <button disabled={!useCanUndo(notes)} onClick={undo}>
        Undo
      </button>
    </>
  )
}
// end

/** Stands for an editor's binding. */
function bind(text: Y.Text, place: Element | null, undoManager: Y.UndoManager, provider: Provider): () => void {
  const origin = { place, awareness: provider.awareness }
  undoManager.trackedOrigins.add(origin)
  text.doc?.transact(() => text.insert(0, 'bound '), origin)
  return () => undoManager.trackedOrigins.delete(origin)
}

// snippet:react-editor
export function Editor(): ReactNode {
  const place = useRef<HTMLDivElement>(null)
  const doc = useDoc()
  const provider = useProvider()
  const undoManager = useUndoManager(doc.getText('notes'))
  useEffect(() => {
    if (provider === null) return
    return bind(doc.getText('notes'), place.current, undoManager, provider)
  }, [doc, provider, undoManager])
  return <div ref={place} />
}
// end

// snippet:react-events
export function Refused(): ReactNode {
  const [refusal, setRefusal] = useState<Refusal | null>(null)
  useProviderEvent('refused', setRefusal)
  if (refusal === null) return null
  return (
    <p role="alert">
      {refusal.message}
      <button onClick={() => void refusal.undo().then(() => setRefusal(null))}>Take it back</button>
    </p>
  )
}
// end

// snippet:react-typed
export function Songs(): ReactNode {
  const { kind, fields } = useTyped(setlist)
  const songs = useValue(() => fields.songs.list())
  const mayWrite = useSyncStatus().kind !== 'loading' && kind === 'ready'
  return (
    <>
      {songs.map(song => (
        <p key={song.id}>{song.title}</p>
      ))}
      <button disabled={!mayWrite} onClick={() => fields.songs.add({ title: 'When the Saints' })}>
        Add
      </button>
    </>
  )
}
// end
