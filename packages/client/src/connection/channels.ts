import type { Channel, ClientMessage, DocName, ServerMessage } from '@tutti/core'
import type { ChannelMessage, Member, OpenRequest } from './member.ts'

/** A document the server was asked for; without a member when nobody here wants it any more. */
interface Asked {
  readonly doc: DocName
  member: Member | null
}

/** What the server says about a document, or about having been asked for one. */
export type DocumentMessage = ChannelMessage | Extract<ServerMessage, { type: 'open-refused' }>

/** Which document of a connection each message is for. */
export class Channels {
  readonly #send: (message: ClientMessage) => void
  readonly #open = new Map<Channel, Member>()
  readonly #asked = new Map<number, Asked>()
  #nextRequest = 1

  constructor(send: (message: ClientMessage) => void) {
    this.#send = send
  }

  open(member: Member, request: OpenRequest): void {
    this.#asked.set(this.#nextRequest, { doc: member.doc, member })
    this.#send({ type: 'open', request: this.#nextRequest++, doc: member.doc, ...request })
  }

  /** Nothing more is heard for it. */
  close(member: Member): void {
    for (const asked of this.#asked.values()) if (asked.member === member) asked.member = null
    for (const [channel, owner] of this.#open) {
      if (owner !== member) continue
      this.#open.delete(channel)
      this.#send({ type: 'close', channel })
    }
  }

  /** The connection is gone. */
  clear(): void {
    this.#open.clear()
    this.#asked.clear()
  }

  take(message: DocumentMessage): void {
    switch (message.type) {
      case 'opened': {
        const asked = this.#answered(message.request)
        if (!asked?.member) return this.#closeUnwanted(message.channel, asked?.doc)
        this.#open.set(message.channel, asked.member)
        return asked.member.opened(message)
      }
      case 'open-refused':
        return this.#answered(message.request)?.member?.openRefused(message.code, message.message)
      default: {
        const member = this.#open.get(message.channel)
        if (message.type === 'closed') this.#open.delete(message.channel)
        return member?.received(message)
      }
    }
  }

  #answered(request: number): Asked | undefined {
    const asked = this.#asked.get(request)
    this.#asked.delete(request)
    return asked
  }

  /** A document has the same number each time: a close would also end what was opened, or asked for, since. */
  #closeUnwanted(channel: Channel, doc: DocName | undefined): void {
    if (this.#open.has(channel)) return
    for (const asked of this.#asked.values()) if (asked.member !== null && asked.doc === doc) return
    this.#send({ type: 'close', channel })
  }
}
