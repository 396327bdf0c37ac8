import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { shakeHands } from './handshake.ts'

const asked = {
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  // The example of RFC 6455, 1.3.
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

function answerTo(headers: Record<string, string | undefined>, method = 'GET') {
  const { isAccepted, isNative, answer } = shakeHands({ method, headers } as unknown as IncomingMessage)
  return { isAccepted, isNative, lines: answer.toString().split('\r\n') }
}

test('[WIRE6] a key is answered as the protocol wants it, and no extension is taken', () => {
  const { isAccepted, isNative, lines } = answerTo({ ...asked, 'sec-websocket-extensions': 'permessage-deflate' })
  expect({ isAccepted, isNative }).toEqual({ isAccepted: true, isNative: false })
  expect(lines).toEqual([
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    '',
    '',
  ])
})

test('[WIRE6] who offers the native dialect gets it, whatever else they offer', () => {
  for (const offer of ['tutti.1', 'other, tutti.1', 'tutti.1,other']) {
    const { isNative, lines } = answerTo({ ...asked, 'sec-websocket-protocol': offer })
    expect(isNative).toBe(true)
    expect(lines).toContain('Sec-WebSocket-Protocol: tutti.1')
  }
  expect(answerTo({ ...asked, 'sec-websocket-protocol': 'other' }).isNative).toBe(false)
})

test('[WIRE6] what is no such request is refused with its status', () => {
  const status = (headers: Record<string, string | undefined>, method?: string) => {
    const { isAccepted, lines } = answerTo({ ...asked, ...headers }, method)
    expect(isAccepted).toBe(false)
    return lines[0]
  }
  expect(status({}, 'POST')).toBe('HTTP/1.1 400 Bad Request')
  expect(status({ upgrade: 'h2c' })).toBe('HTTP/1.1 400 Bad Request')
  expect(status({ 'sec-websocket-key': undefined })).toBe('HTTP/1.1 400 Bad Request')
  expect(status({ 'sec-websocket-key': 'short' })).toBe('HTTP/1.1 400 Bad Request')
  expect(status({ 'sec-websocket-version': '8' })).toBe('HTTP/1.1 426 Upgrade Required')
})
