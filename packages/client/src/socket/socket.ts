/** As much of a WebSocket as we use: the browser's, or the `ws` package's in Node. */
export interface WebSocketLike {
  binaryType: string
  readonly readyState: number
  readonly bufferedAmount: number
  onopen: ((event: never) => unknown) | null
  onmessage: ((event: never) => unknown) | null
  onclose: ((event: never) => unknown) | null
  onerror: ((event: never) => unknown) | null
  send(data: Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
}

export interface WebSocketClass {
  new (url: string, protocols?: string[]): WebSocketLike
}

/** How a socket ended. */
export interface SocketEnd {
  readonly code: number
  readonly reason: string
  /** The host's own event, for apps that ask for it. */
  readonly event: unknown
}

export interface SocketListener {
  opened(): void
  received(bytes: Uint8Array): void
  failed(event: unknown): void
  closed(end: SocketEnd): void
}

/** One WebSocket that never throws, and is silent once it has been dropped. */
export interface Socket {
  readonly raw: WebSocketLike
  send(bytes: Uint8Array): void
  /** What was sent before still leaves. The listener hears nothing more. */
  drop(): void
}

/** Null when the host refuses even to try (a malformed address, a blocked port). */
export function openSocket(
  host: WebSocketClass,
  url: string,
  protocols: readonly string[],
  listener: SocketListener,
): Socket | null {
  let raw: WebSocketLike
  try {
    raw = new host(url, [...protocols])
  } catch (error) {
    listener.failed(error)
    return null
  }
  raw.binaryType = 'arraybuffer'
  let isHeard = true
  const hear = <E>(call: (event: E) => void) =>
    ((event: E) => {
      if (isHeard) call(event)
    }) as (event: never) => void
  raw.onopen = hear(() => listener.opened())
  raw.onmessage = hear((event: { data: unknown }) => {
    // Text is nothing this protocol knows.
    if (event.data instanceof ArrayBuffer) listener.received(new Uint8Array(event.data))
  })
  // Always followed by a close; but an error nobody listens to would end a Node process, so it is heard to the end.
  raw.onerror = (event: never) => {
    if (isHeard) listener.failed(event)
  }
  raw.onclose = hear((event: { code: number; reason: string }) => {
    isHeard = false
    listener.closed({ code: event.code, reason: String(event.reason), event })
  })
  return {
    raw,
    send(bytes) {
      // 1 is OPEN, by the standard.
      if (raw.readyState !== 1) return
      try {
        raw.send(bytes as Uint8Array<ArrayBuffer>)
      } catch {
        // A dying socket: its close event follows.
      }
    },
    drop() {
      isHeard = false
      try {
        raw.close(1000)
      } catch {
        // Closed already.
      }
    },
  }
}
