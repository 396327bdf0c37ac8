import {
  AcceptedState,
  equalBytes,
  judge,
  scanUpdate,
  spliceUpdates,
  storedLimits,
  UpdateSplicer,
  wireLimits,
} from '@tutti/core'
import { craftAny, craftEmbed, craftGc, craftItem, craftText, craftType, craftUpdate } from '@tutti/core/testing'
import { check, type FuzzTarget } from '../engine/target.ts'
import { isPending, loaded } from './yjs-document.ts'

const utf8 = new TextEncoder()
const alone = (...structs: Uint8Array[]): Uint8Array => craftUpdate([{ client: 7, clock: 0, structs }])

/** Bytes as an update into an empty document: what passes, Yjs loads and writes again; what is refused costs little. */
export const scan: FuzzTarget = {
  name: 'scan',
  watched: [
    'packages/core/src/document/scan.ts',
    'packages/core/src/document/struct.ts',
    'packages/core/src/document/gate.ts',
    'packages/core/src/document/client-run.ts',
    'packages/core/src/document/trim-struct.ts',
    'packages/core/src/document/update-splicer.ts',
    'packages/core/src/base/',
  ],
  maxBytes: 200,
  pace: 40_000,
  seeds: () => [
    alone(craftText('a'), craftText('é😀', { origin: [7, 0] }), craftGc(3)),
    alone(
      craftType(1),
      craftAny([Uint8Array.of(125, 64), Uint8Array.of(119, 1, 97), Uint8Array.of(117, 1, 126)], {
        parent: [7, 0],
        key: 'k',
      }),
    ),
    alone(
      craftEmbed('{"a":[1,null]}'),
      craftItem(6, Uint8Array.of(1, 98, 4, ...utf8.encode('true')), { origin: [7, 0] }),
    ),
    alone(
      craftItem(2, Uint8Array.of(2, 9, ...utf8.encode('undefined'), 1, 49)),
      craftItem(3, Uint8Array.of(2, 1, 2), { origin: [7, 1] }),
    ),
    alone(craftItem(9, Uint8Array.of(1, 103, 118, 1, 1, 97, 126)), craftType(3 /* has a name */)),
    craftUpdate(
      [
        { client: 9, clock: 0, structs: [craftText('abc', { right: [7, 0] })] },
        { client: 7, clock: 0, structs: [craftItem(1, Uint8Array.of(4))] },
      ],
      [
        {
          client: 9,
          ranges: [
            [0, 1],
            [2, 1],
          ],
        },
        { client: 7, ranges: [[0, 4]] },
      ],
    ),
  ],
  words: ['undefined', '__proto__', 'guid', '{"', 'true', '\u00e9'].map(word => utf8.encode(word)),
  run(input) {
    const splicer = new UpdateSplicer()
    const isReadable = splicer.add(input, 0, input.length)
    const scanned = scanUpdate(input, wireLimits)
    if (!scanned.ok) return
    const spliced = spliceUpdates([scanned.value])
    check(isReadable && equalBytes(splicer.encode(), spliced), 'both ways of splicing say the same')
    const again = scanUpdate(spliced, storedLimits)
    check(again.ok, 'what is read can be written and read')
    check(equalBytes(spliceUpdates([again.value]), spliced), 'a splice is spliced to itself')
    const verdict = judge(new AcceptedState(), scanned.value, {
      limits: wireLimits,
      mayExtend: () => true,
      takePart: false,
    })
    if (verdict.kind !== 'new') return
    const doc = loaded(verdict.update.scan.bytes)
    check(!isPending(doc), 'what is taken lacks nothing')
    const state = new AcceptedState()
    state.accept(verdict.update)
    state.settle(verdict.update)
    for (const client of state.durable.stateVector().keys()) {
      const tail = state.durable.diff(new Map([[client, 1]]))
      check(scanUpdate(tail, storedLimits).ok, 'a difference can be read')
    }
  },
}
