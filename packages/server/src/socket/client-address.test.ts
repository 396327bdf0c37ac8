import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { AddressLimit } from './address-limit.ts'
import { addressGroup, clientAddress } from './client-address.ts'

function request(remoteAddress: string, forwarded?: string): IncomingMessage {
  return { socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } } as unknown as IncomingMessage
}

describe('where a request comes from', () => {
  test.each([
    ['nobody is believed', 0, '10.0.0.1', '203.0.113.9', '10.0.0.1'],
    ['one proxy, which adds', 1, '10.0.0.1', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['one proxy, which sets', 1, '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['two proxies', 2, '10.0.0.1', '1.1.1.1, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['fewer hops than proxies', 2, '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['a proxy that says nothing', 1, '10.0.0.1', undefined, '10.0.0.1'],
    ['no address at all', 1, '10.0.0.1', 'unknown', '10.0.0.1'],
    ['IPv4 shown as IPv6', 0, '::ffff:10.0.0.1', undefined, '10.0.0.1'],
    ['IPv6', 1, '::1', '2001:db8::7', '2001:db8::7'],
  ])('[SRV34] %s', (_what, trusted, remote, forwarded, expected) => {
    expect(clientAddress(request(remote, forwarded), trusted)).toBe(expected)
  })

  test('[SRV34] addresses of IPv6 that one person has count as one', () => {
    expect(addressGroup('2001:db8::7')).toBe(addressGroup('2001:0db8:0:0:ffff::1'))
    expect(addressGroup('2001:db8:0:1::7')).not.toBe(addressGroup('2001:db8::7'))
    expect(addressGroup('203.0.113.9')).toBe('203.0.113.9')
    expect(addressGroup('::1')).toBe('0:0:0:0')
  })

  test('[SRV34] so many at once from one address, and one more when one has gone; loopback and 0 are not limited', () => {
    const limit = new AddressLimit(2)
    const first = limit.enter('203.0.113.9')
    expect(limit.enter('203.0.113.9')).not.toBeNull()
    expect(limit.enter('203.0.113.9')).toBeNull()
    expect(limit.enter('203.0.113.8')).not.toBeNull()
    first?.()
    expect(limit.enter('203.0.113.9')).not.toBeNull()
    for (let at = 0; at < 5; at++) {
      expect(limit.enter('127.0.0.1')).not.toBeNull()
      expect(new AddressLimit(0).enter('203.0.113.9')).not.toBeNull()
    }
  })
})
