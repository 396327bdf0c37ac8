import type { Socket } from 'node:net'
import { WebSocket } from 'ws'

/** What went over all the sockets one client opened. */
export interface WireTap {
  /** Hand it to a provider as its `WebSocketPolyfill`. */
  readonly Socket: new (
    address: string,
    protocols?: string[],
  ) => WebSocket
  /** Every socket so far, the newest last. */
  readonly sockets: readonly WebSocket[]
  /** Payload bytes of whole messages, both ways. */
  readonly bytes: { sent: number; received: number }
  /** Every byte on its sockets, handshakes and frame heads included. */
  wireBytes(): { sent: number; received: number }
  /** Everything a stock client could stumble over: text, emptiness, two messages in one frame. */
  readonly oddities: readonly string[]
  /** Close codes in the order they came. */
  readonly closeCodes: readonly number[]
  /** Called after every message and every close. */
  onNews: () => void
}

/** Counts a client's connections and bytes, and looks at every frame it is sent. */
export function wireTap(): WireTap {
  const sockets: WebSocket[] = []
  const oddities: string[] = []
  const closeCodes: number[] = []
  const bytes = { sent: 0, received: 0 }
  const streams = new Set<Socket>()
  class TappedSocket extends WebSocket {
    constructor(address: string, protocols?: string[]) {
      super(address, protocols)
      sockets.push(this)
      this.on('upgrade', response => streams.add(response.socket))
      this.on('message', (data: Buffer | ArrayBuffer, isBinary: boolean) => {
        bytes.received += data.byteLength
        if (!isBinary) oddities.push('a text frame')
        else oddities.push(...oddity(new Uint8Array(data as ArrayBuffer)))
        queueMicrotask(tap.onNews)
      })
      this.on('close', code => {
        closeCodes.push(code)
        queueMicrotask(tap.onNews)
      })
    }

    override send(data: Uint8Array): void {
      bytes.sent += data.byteLength
      super.send(data)
    }
  }
  const tap: WireTap = {
    Socket: TappedSocket,
    sockets,
    bytes,
    wireBytes() {
      const all = { sent: 0, received: 0 }
      for (const { bytesWritten, bytesRead } of streams) {
        all.sent += bytesWritten
        all.received += bytesRead
      }
      return all
    },
    oddities,
    closeCodes,
    onNews: () => {},
  }
  return tap
}

/** One message of the stock dialect must fill its frame to the last byte. */
function oddity(frame: Uint8Array): string[] {
  const [kind, second] = frame
  if (kind === undefined) return ['an empty frame']
  const at = kind === 0 || kind === 2 ? 2 : 1
  if (kind > 2 || (kind === 0 && (second === undefined || second > 2))) return [`an unknown kind ${kind} ${second}`]
  const length = varint(frame, at)
  return length.after + length.value === frame.length ? [] : [`a frame of kind ${kind} with bytes left over`]
}

function varint(bytes: Uint8Array, from: number): { value: number; after: number } {
  let value = 0
  let scale = 1
  let at = from
  for (;;) {
    const byte = bytes[at++] ?? 0
    value += (byte & 127) * scale
    if (byte < 128) return { value, after: at }
    scale *= 128
  }
}
