import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { subprotocol } from '@tutti/core'

/** What every WebSocket server appends to the key before it hashes it (RFC 6455, 1.3). */
const keySuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** 16 bytes in base64. */
const keyForm = /^[+/0-9A-Za-z]{22}==$/

/** The answer to a request to become a WebSocket. */
export interface Handshake {
  /** Whether it is one from now on; otherwise the connection ends with the answer. */
  readonly isAccepted: boolean
  /** It speaks the native dialect. */
  readonly isNative: boolean
  readonly answer: Buffer
}

/** Answers an upgrade request (RFC 6455, 4.2). No extension is ever negotiated: frames are shared by all readers. */
export function shakeHands(request: IncomingMessage): Handshake {
  const { headers } = request
  const key = headers['sec-websocket-key']
  if (request.method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return refusal('400 Bad Request')
  if (headers['sec-websocket-version'] !== '13') return refusal('426 Upgrade Required', 'Sec-WebSocket-Version: 13\r\n')
  if (key === undefined || !keyForm.test(key)) return refusal('400 Bad Request')
  const isNative = offersNative(headers['sec-websocket-protocol'])
  const accept = hash('sha1', key + keySuffix, 'base64')
  const answer =
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\n${isNative ? `Sec-WebSocket-Protocol: ${subprotocol}\r\n` : ''}\r\n`
  return { isAccepted: true, isNative, answer: Buffer.from(answer, 'latin1') }
}

function offersNative(offered: string | undefined): boolean {
  if (offered === undefined) return false
  return offered === subprotocol || offered.split(',').some(name => name.trim() === subprotocol)
}

function refusal(status: string, headers = ''): Handshake {
  const answer = `HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`
  return { isAccepted: false, isNative: false, answer: Buffer.from(answer, 'latin1') }
}
