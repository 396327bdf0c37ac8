// snippet:react-app
import { Room, TuttiProvider, useMap, useSyncStatus, useValue } from '@tutti/client/react'
import type { ReactNode } from 'react'

export function App(): ReactNode {
  return (
    <TuttiProvider url={`ws://${location.host}`}>
      <Room name="tonight">
        <Setlist />
      </Room>
    </TuttiProvider>
  )
}

function Setlist(): ReactNode {
  const titles = useValue(doc => Object.values(doc.getMap<string>('songs').toJSON()))
  const songs = useMap<string>('songs')
  return (
    <>
      <ul>
        {titles.map(title => (
          <li key={title}>{title}</li>
        ))}
      </ul>
      <button onClick={() => songs.set('encore', 'Goodnight, Irene')}>Add the encore</button>
      <p role="status">{useSyncStatus().text}</p>
    </>
  )
}
// end
