import type { Millis } from '@tutti/core'
import type { SeededRandom } from '@tutti/core/testing'
import type { Action, Planned } from './plan.ts'

/** What happens, and how long after the scene begins. */
type Beat = readonly [afterMs: Millis, action: Action]

/**
 * Things that hurt only when they come close together and in this order, which chance alone hardly ever brings about. Each is
 * something that people and machines do; where, when and with whom is drawn.
 */
const scenes: readonly ((random: SeededRandom) => readonly Beat[])[] = [
  // One tab works without a connection, the one beside it shows that and comes back, and just then the store refuses.
  r => {
    const [who, doc, device] = [r.int(99), r.int(9), r.int(99)]
    return [
      [0, { kind: 'open-tab', device }],
      [300, { kind: 'disconnect', who, doc }],
      [600, edit(r, who, doc)],
      [1_500, { kind: 'cut', device }],
      [1_500 + r.int(2_500), { kind: 'disk', how: r.pick(['full', 'io-error']) }],
      [7_000, { kind: 'disk', how: 'well' }],
      ...[1, 2, 3].map((next): Beat => [11_000 + r.int(2_000), edit(r, who + next, doc)]),
    ]
  },
  // The disk hangs, everybody leaves while it writes, and comes back before it has written.
  r => {
    const doc = r.int(9)
    const everybody = [0, 1, 2, 3, 4, 5, 6, 7]
    return [
      [0, { kind: 'disk', how: 'stuck' }],
      ...[0, 1, 2].map((): Beat => [r.int(400), edit(r, r.int(99), doc)]),
      ...everybody.map((who): Beat => [420, { kind: 'disconnect', who, doc }]),
      ...everybody.map((who): Beat => [1_000 + r.int(2_500), { kind: 'connect', who, doc }]),
      ...[0, 1, 2].map((): Beat => [4_000 + r.int(4_000), edit(r, r.int(99), doc)]),
      [9_000, { kind: 'disk', how: 'well' }],
    ]
  },
  // The server ends between two writes that belong together.
  r => [
    [0, { kind: 'disk', how: r.pick(['stuck', 'slow']) }],
    ...[0, 1, 2, 3].map((): Beat => [r.int(2_000), edit(r, r.int(99), r.int(9))]),
    [r.int(6_000), { kind: r.pick(['kill-server', 'cut-power']) }],
    [r.int(12_000), { kind: r.pick(['kill-server', 'cut-power']) }],
    [12_000, { kind: 'disk', how: 'well' }],
  ],
  // Far away somebody writes and deletes on, not knowing yet that the store refused, and it is well again meanwhile.
  r => {
    const [who, doc] = [r.int(99), r.int(9)]
    return [
      ...[0, 1, 2, 3, 4, 5].map((device): Beat => [0, { kind: 'slow-link', device, ms: 3_000 }]),
      [7_000 + r.int(500), { kind: 'disk', how: 'io-error' }],
      ...Array.from({ length: 12 }, (_, nth): Beat => [4_000 + nth * (150 + r.int(200)), edit(r, who, doc)]),
      [7_700 + r.int(800), { kind: 'disk', how: 'well' }],
      ...[0, 1, 2, 3, 4, 5].map((device): Beat => [9_000, { kind: 'slow-link', device, ms: 50 }]),
    ]
  },
]

function edit(random: SeededRandom, who: number, doc: number): Action {
  return { kind: 'edit', who, doc, many: 1 + random.int(4), seed: random.int(2 ** 31) }
}

/** One scene, some time in a story that is `lengthMs` long. */
export function drawScene(random: SeededRandom, lengthMs: Millis): readonly Planned[] {
  const begin = 200 + Math.floor(random.next() * lengthMs)
  return random
    .pick(scenes)(random)
    .map(([afterMs, action]) => ({ at: begin + afterMs, action }))
}
