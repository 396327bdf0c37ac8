import type { DialRequest, WireEnd, WireListener } from '@tutti/core/testing'
import type { WebSocketClass, WebSocketLike } from '../socket/socket.ts'

/** Dials on a simulated network, for the host the socket is of. */
export type Dial = (request: DialRequest, listener: WireListener) => WireEnd

/** The `WebSocket` of one simulated process. */
export function socketsThat(dial: Dial): WebSocketClass {
  return class extends SimulatedSocket {
    constructor(url: string, protocols: string[] = []) {
      super(dial, { url, protocols })
    }
  }
}

/** A browser's WebSocket over a simulated wire. */
class SimulatedSocket implements WebSocketLike {
  binaryType = 'blob'
  readyState = 0
  onopen: ((event: never) => unknown) | null = null
  onmessage: ((event: never) => unknown) | null = null
  onclose: ((event: never) => unknown) | null = null
  onerror: ((event: never) => unknown) | null = null
  readonly #end: WireEnd

  constructor(dial: Dial, request: DialRequest) {
    this.#end = dial(request, {
      opened: () => {
        if (this.readyState !== 0) return
        this.readyState = 1
        this.onopen?.({} as never)
      },
      received: bytes => {
        if (this.readyState !== 1) return
        const data = new Uint8Array(bytes).buffer
        this.onmessage?.({ data } as never)
      },
      ponged: () => {},
      drained: () => {},
      closed: (code, reason) => {
        if (this.readyState === 3) return
        const wasConnecting = this.readyState === 0
        this.readyState = 3
        if (wasConnecting) this.onerror?.({ type: 'error' } as never)
        this.onclose?.({ code, reason } as never)
      },
    })
  }

  get bufferedAmount(): number {
    return this.#end.waitingBytes
  }

  send(data: Uint8Array): void {
    if (this.readyState === 1) this.#end.send(data)
  }

  close(code = 1000, reason = ''): void {
    if (this.readyState >= 2) return
    this.readyState = 2
    this.#end.close(code, reason)
  }
}
