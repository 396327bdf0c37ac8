import type { ClientMessage, DocName, ServerMessage } from '@tutti/core'
import { expect, it } from 'vitest'
import { Channels } from './channels.ts'
import type { Member } from './member.ts'

const request = { epoch: '', position: 0, stateVector: new Uint8Array([0]), client: 1 }

function member(heard: string[]): Member {
  return {
    doc: 'song' as DocName,
    priority: 0,
    greeted: () => {},
    parted: () => {},
    opened: () => heard.push('opened'),
    openRefused: () => {},
    received: message => heard.push(message.type),
    storeChanged: () => {},
  }
}

function opened(request: number): Extract<ServerMessage, { type: 'opened' }> {
  return { type: 'opened', request, channel: 5, epoch: 'e', permission: 'write' }
}

it('[CLI14] a document left and joined again while it was being opened is not closed by the late answer', () => {
  const said: ClientMessage['type'][] = []
  const channels = new Channels(message => said.push(message.type))
  const [first, second]: [string[], string[]] = [[], []]
  const leaving = member(first)
  channels.open(leaving, request)
  channels.close(leaving)
  channels.open(member(second), request)
  channels.take(opened(1))
  channels.take(opened(2))
  channels.take({ type: 'received', channel: 5, counter: 1 })
  expect(said).toEqual(['open', 'open'])
  expect(first).toEqual([])
  expect(second).toEqual(['opened', 'received'])
})

it('[CLI14] a document nobody wants any more is closed as soon as it is open', () => {
  const said: ClientMessage['type'][] = []
  const channels = new Channels(message => said.push(message.type))
  const leaving = member([])
  channels.open(leaving, request)
  channels.close(leaving)
  channels.take(opened(1))
  expect(said).toEqual(['open', 'close'])
})
