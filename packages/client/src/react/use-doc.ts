import { useCallback, useSyncExternalStore } from 'react'
import { equalityDeep } from 'lib0/function'
import type * as Y from 'yjs'
import { useRoom } from './room.tsx'
import { documentSource, sourceOf } from './source.ts'
import { useSelected } from './use-selected.ts'

/** The room's document: empty at first, and another one after the provider's `reload`. Does not render for its content. */
export function useDoc(): Y.Doc {
  const room = useRoom()
  return useSyncExternalStore(
    room.source.subscribe,
    () => room.doc,
    () => room.serverDoc,
  )
}

/**
 * What `select` makes of the document, anew when it changed. Let it return plain data (`toJSON()`, a number, a list): a
 * shared type is always equal to itself. `isEqual` compares by content unless another one is given.
 */
export function useValue<T>(select: (doc: Y.Doc) => T, isEqual: (a: T, b: T) => boolean = equalityDeep): T {
  const doc = useDoc()
  const read = useCallback(() => select(doc), [doc, select])
  return useSelected(documentSource(doc), read, isEqual)
}

/** The map of that name, rendered anew at every change in it, however deep. */
export function useMap<T = unknown>(name: string): Y.Map<T> {
  return useShared(useDoc().getMap<T>(name))
}

/** The list of that name, rendered anew at every change in it, however deep. */
export function useArray<T = unknown>(name: string): Y.Array<T> {
  return useShared(useDoc().getArray<T>(name))
}

/** The text of that name, rendered anew at every change in it. */
export function useText(name: string): Y.Text {
  return useShared(useDoc().getText(name))
}

function useShared<Type extends { observeDeep(listener: () => void): void }>(type: Type): Type {
  const source = sourceOf(type, changed => type.observeDeep(changed))
  const read = useCallback(() => source.version, [source])
  useSelected(source, read)
  return type
}
