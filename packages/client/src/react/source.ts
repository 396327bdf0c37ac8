import type * as Y from 'yjs'

/** Something that changes, as React wants to know of it: that it did, and by a number whether it did since. */
export class Source {
  readonly #listeners = new Set<() => void>()
  #version = 0

  get version(): number {
    return this.#version
  }

  /** Both are bound: they are handed to React and to emitters as they are. */
  readonly changed = (): void => {
    this.#version++
    for (const listener of this.#listeners) listener()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

const sources = new WeakMap<object, Source>()

/**
 * The one source of `owner`. It listens from the first question on for as long as `owner` lives: what changes between a
 * render and the subscription that follows it must be counted, too.
 */
export function sourceOf(owner: object, listen: (changed: () => void) => void): Source {
  const known = sources.get(owner)
  if (known !== undefined) return known
  const source = new Source()
  listen(source.changed)
  sources.set(owner, source)
  return source
}

/** Changes of a document's content, whoever makes them. */
export function documentSource(doc: Y.Doc): Source {
  return sourceOf(doc, changed => doc.on('update', changed))
}
