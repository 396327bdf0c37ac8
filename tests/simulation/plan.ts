import type { DocName, Millis } from '@tutti/core'
import { type SeededRandom, seededRandom } from '@tutti/core/testing'
import { drawScene } from './scenes.ts'

/** One thing that happens. Numbers that choose somebody are taken modulo those there are, so that plans can be thinned. */
export type Action =
  | { readonly kind: 'edit'; readonly who: number; readonly doc: number; readonly many: number; readonly seed: number }
  | { readonly kind: 'open'; readonly who: number; readonly doc: number }
  | { readonly kind: 'close'; readonly who: number; readonly doc: number }
  | { readonly kind: 'disconnect'; readonly who: number; readonly doc: number }
  | { readonly kind: 'connect'; readonly who: number; readonly doc: number }
  | { readonly kind: 'crash-tab'; readonly who: number }
  | { readonly kind: 'open-tab'; readonly device: number }
  | { readonly kind: 'sleep-device'; readonly device: number; readonly ms: Millis }
  | { readonly kind: 'step-device-clock'; readonly device: number; readonly ms: Millis }
  | { readonly kind: 'device-storage'; readonly device: number; readonly how: 'well' | 'full' | 'broken' | 'slow' }
  | { readonly kind: 'cut'; readonly device: number }
  | { readonly kind: 'partition'; readonly device: number; readonly how: 'deaf' | 'mute' | 'both' | 'none' }
  | { readonly kind: 'slow-link'; readonly device: number; readonly ms: Millis }
  | { readonly kind: 'kill-server' }
  | { readonly kind: 'cut-power' }
  | { readonly kind: 'stop-server' }
  | { readonly kind: 'sleep-server'; readonly ms: Millis }
  | { readonly kind: 'step-server-clock'; readonly ms: Millis }
  | { readonly kind: 'disk'; readonly how: 'well' | 'full' | 'io-error' | 'slow' | 'stuck' | 'read-error' }
  | { readonly kind: 'rot'; readonly how: 'flip' | 'file' }
  | { readonly kind: 'permission'; readonly device: number; readonly how: 'write' | 'read' | 'none' | 'expired' }
  | { readonly kind: 'stock-edit'; readonly who: number; readonly seed: number; readonly many: number }
  | { readonly kind: 'stock-cut'; readonly who: number }
  | { readonly kind: 'stranger'; readonly seed: number }

export interface Planned {
  readonly at: Millis
  readonly action: Action
}

export interface DeviceSetting {
  readonly latencyMs: Millis
  readonly skewMs: Millis
  readonly drift: number
  readonly storageMs: Millis
  readonly storage: 'memory' | 'indexeddb'
  readonly maxBackoffTime: Millis
}

/** Who is there, and how everything is set. */
export interface Setting {
  readonly devices: readonly DeviceSetting[]
  readonly stockClients: number
  readonly docs: readonly DocName[]
  readonly seeds: boolean
  readonly lengthMs: Millis
  readonly server: {
    readonly latencyMs: Millis
    readonly idleMs: Millis
    readonly sweepMs: Millis
    readonly compactAfterEntries: number
    readonly highWaterBytes: number
    readonly paceMs: Millis
    readonly restartMs: Millis
  }
}

/** A whole story, drawn before it begins: so it can be told again, and thinned until only what matters is left. */
export interface Plan {
  readonly seed: number
  readonly setting: Setting
  readonly actions: readonly Planned[]
}

/** Kinds of trouble, some of which a story has: rare ones are found when others do not drown them. */
const troubles: readonly (readonly [weight: number, draw: (random: SeededRandom) => Action])[] = [
  [4, r => ({ kind: 'crash-tab', who: r.int(99) })],
  [4, r => ({ kind: 'open-tab', device: r.int(99) })],
  [3, r => ({ kind: 'close', who: r.int(99), doc: r.int(9) })],
  [4, r => ({ kind: 'disconnect', who: r.int(99), doc: r.int(9) })],
  [2, r => ({ kind: 'sleep-device', device: r.int(99), ms: r.pick([100, 2_000, 20_000, 90_000]) })],
  [1, r => ({ kind: 'step-device-clock', device: r.int(99), ms: (r.next() - 0.5) * 2 * r.pick([1e3, 1e7, 3e11]) })],
  [4, r => ({ kind: 'device-storage', device: r.int(99), how: r.pick(['well', 'full', 'broken', 'slow']) })],
  [6, r => ({ kind: 'cut', device: r.int(99) })],
  [5, r => ({ kind: 'partition', device: r.int(99), how: r.pick(['deaf', 'mute', 'both', 'none', 'none']) })],
  [2, r => ({ kind: 'slow-link', device: r.int(99), ms: r.pick([1, 50, 800]) })],
  [4, () => ({ kind: 'kill-server' })],
  [4, () => ({ kind: 'cut-power' })],
  [2, () => ({ kind: 'stop-server' })],
  [2, r => ({ kind: 'sleep-server', ms: r.pick([50, 1_000, 10_000, 70_000]) })],
  [1, r => ({ kind: 'step-server-clock', ms: (r.next() - 0.5) * 2 * r.pick([1e3, 3.6e6, 8.64e7]) })],
  [6, r => ({ kind: 'disk', how: r.pick(['well', 'full', 'io-error', 'slow', 'read-error']) })],
  [1, r => ({ kind: 'rot', how: r.pick(['flip', 'flip', 'file']) })],
  [3, r => ({ kind: 'permission', device: r.int(99), how: r.pick(['write', 'write', 'read', 'none', 'expired']) })],
  [3, r => ({ kind: 'stranger', seed: r.int(2 ** 31) })],
  [3, r => ({ kind: 'stock-cut', who: r.int(9) })],
]

const names = ['song', 'setlist', 'notes/ä'] as DocName[]

export function drawPlan(seed: number): Plan {
  const random = seededRandom(seed)
  const setting = drawSetting(random)
  const mine = troubles.filter(() => random.chance(0.4))
  const calm = random.pick([0.3, 0.6, 0.85])
  const actions: Planned[] = []
  for (let device = 0; device < setting.devices.length; device++) {
    for (let doc = 0; doc < setting.docs.length; doc++) {
      if (random.chance(0.85)) actions.push({ at: random.int(500), action: { kind: 'open', who: device, doc } })
    }
  }
  const count = 20 + random.int(60)
  for (let i = 0; i < count; i++) {
    const at = Math.floor(random.next() * setting.lengthMs)
    if (random.chance(calm) || mine.length === 0) actions.push({ at, action: drawWork(random) })
    else actions.push({ at, action: pickWeighted(random, mine)(random) })
  }
  // Chance of its own: a story without a scene is what it would be if there were none.
  const aside = seededRandom(seed + 2 ** 32)
  if (aside.chance(0.15)) actions.push(...drawScene(aside, setting.lengthMs))
  actions.sort((a, b) => a.at - b.at)
  return { seed, setting, actions }
}

function drawSetting(random: SeededRandom): Setting {
  const devices = Array.from({ length: 1 + random.int(4) }, () => ({
    latencyMs: random.pick([0.2, 2, 20, 150]),
    skewMs: random.chance(0.2) ? (random.next() - 0.5) * 6e11 : 0,
    drift: random.chance(0.3) ? (random.next() - 0.5) * 0.1 : 0,
    storageMs: random.pick([0.5, 5, 60]),
    storage: random.chance(0.1) ? ('indexeddb' as const) : ('memory' as const),
    maxBackoffTime: random.pick([2_500, 10_000]),
  }))
  return {
    devices,
    stockClients: random.pick([0, 0, 1, 2]),
    docs: names.slice(0, 1 + random.int(names.length)),
    seeds: random.chance(0.2),
    lengthMs: random.pick([3_000, 20_000, 120_000]),
    server: {
      latencyMs: random.pick([0.1, 5]),
      idleMs: random.pick([0, 200, 5_000, 30_000]),
      sweepMs: random.pick([500, 3_000, 10_000]),
      compactAfterEntries: random.pick([2, 5, 20, 500]),
      highWaterBytes: random.pick([300, 3_000, 256 * 1024]),
      paceMs: random.pick([0, 3]),
      restartMs: random.pick([10, 500, 5_000]),
    },
  }
}

function drawWork(random: SeededRandom): Action {
  const who = random.int(99)
  const doc = random.int(9)
  const kind = random.int(12)
  if (kind < 8) return { kind: 'edit', who, doc, many: 1 + random.int(8), seed: random.int(2 ** 31) }
  if (kind < 9) return { kind: 'open', who, doc }
  if (kind < 10) return { kind: 'connect', who, doc }
  return { kind: 'stock-edit', who, many: 1 + random.int(4), seed: random.int(2 ** 31) }
}

function pickWeighted<T>(random: SeededRandom, from: readonly (readonly [number, T])[]): T {
  let left = random.next() * from.reduce((sum, [weight]) => sum + weight, 0)
  for (const [weight, item] of from) {
    left -= weight
    if (left <= 0) return item
  }
  return (from.at(-1) as readonly [number, T])[1]
}
