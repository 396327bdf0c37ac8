import { useCallback } from 'react'
import * as Y from 'yjs'
import { type Source, sourceOf } from './source.ts'
import { useDoc } from './use-doc.ts'
import { useSelected } from './use-selected.ts'

/** What is undone together: a shared type with all that is in it, or a whole document. */
export type UndoScope = Exclude<ConstructorParameters<typeof Y.UndoManager>[0], readonly unknown[]>

const managers = new WeakMap<UndoScope, Y.UndoManager>()

/**
 * The one undo manager of a scope (default: the document). It remembers from the first render that asks for it, for as
 * long as the room is open, whoever is mounted; only what is done here without an origin, or with one that was added to
 * its `trackedOrigins`.
 */
export function useUndoManager(scope?: UndoScope): Y.UndoManager {
  const doc = useDoc()
  return managerOf(scope ?? doc)
}

/** Takes back the last edit made here; nobody else's. */
export function useUndo(scope?: UndoScope): () => void {
  const manager = useUndoManager(scope)
  return useCallback(() => void manager.undo(), [manager])
}

/** Makes again what was undone last. */
export function useRedo(scope?: UndoScope): () => void {
  const manager = useUndoManager(scope)
  return useCallback(() => void manager.redo(), [manager])
}

/** Whether there is something to undo. */
export function useCanUndo(scope?: UndoScope): boolean {
  const manager = useUndoManager(scope)
  const read = useCallback(() => manager.canUndo(), [manager])
  return useSelected(undoSource(manager), read)
}

/** Whether there is something to make again. */
export function useCanRedo(scope?: UndoScope): boolean {
  const manager = useUndoManager(scope)
  const read = useCallback(() => manager.canRedo(), [manager])
  return useSelected(undoSource(manager), read)
}

function managerOf(scope: UndoScope): Y.UndoManager {
  const known = managers.get(scope)
  if (known !== undefined) return known
  const manager = new Y.UndoManager(scope)
  managers.set(scope, manager)
  return manager
}

function undoSource(manager: Y.UndoManager): Source {
  return sourceOf(manager, changed => {
    manager.on('stack-item-added', changed)
    manager.on('stack-item-popped', changed)
    manager.on('stack-cleared', changed)
  })
}
