import { type Cancel, systemEnv } from '@tutti/core'
import * as Y from 'yjs'
import type { ProviderConfiguration, ProviderOptions } from '../provider-options.ts'
import { Provider } from '../provider.ts'
import { Source } from './source.ts'

/** What a `<Room>` may say of its document; it goes before what `<TuttiProvider options>` says. */
export type RoomOptions = Omit<ProviderOptions, 'token' | 'awareness'>

/** What a server's rooms have in common, as it is when a room opens. */
export type RoomSettings = Omit<ProviderConfiguration, 'name' | 'document' | 'awareness'>

/**
 * A document that any number of components show through one provider. The provider is there while somebody holds the room,
 * and a turn of the event loop longer: React may let go and take hold again in one turn (StrictMode does). Making a room
 * has no effects, so that rendering may do it.
 */
export class SharedRoom {
  readonly name: string
  /** Another provider, or another document. */
  readonly source: Source = new Source()
  readonly #settings: () => RoomSettings
  #provider: Provider | null = null
  #doc: Y.Doc | null = null
  #emptyDoc: Y.Doc | null = null
  #presence: Record<string, unknown> = {}
  #holders = 0
  #closing: Cancel | null = null

  constructor(name: string, settings: () => RoomSettings) {
    this.name = name
    this.#settings = settings
  }

  /** `null` while nobody holds the room. */
  get provider(): Provider | null {
    return this.#provider
  }

  /** There before the provider is; what is put into it until then is an edit like any other (SPEC CLI20). */
  get doc(): Y.Doc {
    if (this.#provider !== null) return this.#provider.doc
    this.#doc ??= new Y.Doc()
    return this.#doc
  }

  /** What a server rendered from: nothing had arrived there. */
  get serverDoc(): Y.Doc {
    if (this.#provider === null) return this.doc
    this.#emptyDoc ??= new Y.Doc()
    return this.#emptyDoc
  }

  /** Opens the room unless it is open, with these options; the function it returns lets go of it. */
  hold(options: RoomOptions = {}): () => void {
    this.#closing?.()
    this.#closing = null
    const provider = this.#provider ?? this.#open(options)
    this.#holders++
    return () => {
      if (--this.#holders > 0) return
      const { timers } = provider.configuration.env ?? systemEnv
      this.#closing = timers.after(0, () => this.#close(provider))
    }
  }

  /** Puts `patch` over our presence. What is said before the room is open is said when it opens. */
  updatePresence(patch: Readonly<Record<string, unknown>>): void {
    const awareness = this.#provider?.awareness
    if (awareness === undefined) this.#presence = { ...this.#presence, ...patch }
    else awareness.setLocalState({ ...awareness.getLocalState(), ...patch })
  }

  #open(options: RoomOptions): Provider {
    const provider = new Provider({ ...this.#settings(), ...options, name: this.name, document: this.doc })
    provider.awareness.setLocalState(this.#presence)
    provider.on('reload', this.source.changed)
    this.#provider = provider
    this.source.changed()
    return provider
  }

  #close(provider: Provider): void {
    this.#closing = null
    this.#provider = null
    this.#doc = null
    this.#presence = {}
    provider.destroy()
    this.source.changed()
  }
}
