import { type DocName, type Epoch, type NewEntry, seq, type TuttiError } from '@tutti/core'
import { describeUpdateLog, type ManualEnv, manualEnv, seededRandom } from '@tutti/core/testing'
import { describe, expect, test } from 'vitest'
import { openLogOn } from '../log/begin-log.ts'
import type { LevelLog } from '../log/level-log.ts'
import { scaled } from '../../../../tests/support/scale.ts'
import { type Crash, SimulatedDisk } from './simulated-disk.ts'

const song = 'song' as DocName
const epoch = 'e1' as Epoch
const author = { subject: 'ana', device: 'phone', session: 's1' }
const entry = (i: number): NewEntry => ({
  bytes: new Uint8Array(40).fill(i),
  at: 1_700_000_000_000 + i,
  base: seq(0),
  author,
  counter: i,
})
const counters = async (log: LevelLog) => (await log.open(song)).entries.map(({ counter }) => counter)
const code = (call: Promise<unknown>) =>
  call.then(
    () => 'accepted',
    (error: TuttiError) => error.code,
  )

/** Time that goes on by itself while anybody waits. */
function flowing(): ManualEnv & { stop(): void } {
  const env = manualEnv()
  let isOver = false
  const flow = async () => {
    while (!isOver) {
      await new Promise(resolve => setImmediate(resolve))
      env.advance(env.waiting > 0 ? 0.1 : 0)
    }
  }
  void flow()
  return Object.assign(env, {
    stop() {
      isOver = true
    },
  })
}

/** One disk, and the processes that have it one after the other. */
class Life {
  readonly events: string[] = []
  readonly disk: SimulatedDisk
  readonly random: ReturnType<typeof seededRandom>
  env = flowing()

  constructor(seed: number) {
    this.random = seededRandom(seed)
    this.disk = new SimulatedDisk(this.random, { onEvent: text => this.events.push(text) })
  }

  open(): Promise<LevelLog> {
    return openLogOn(this.disk.mount(this.env), this.env)
  }

  /** The process dies and another one opens what is left. */
  async reopen(crash: Crash): Promise<LevelLog> {
    this.env.stop()
    this.disk.crash(crash)
    this.env = flowing()
    return this.open()
  }

  pass(ms: number): Promise<void> {
    return new Promise(resolve => this.env.timers.after(ms, resolve))
  }

  end(): void {
    this.env.stop()
  }
}

/** Time that nobody stopped would flow on beside all later lives. */
async function live<T>(seed: number, run: (life: Life) => Promise<T>): Promise<T> {
  const life = new Life(seed)
  try {
    return await run(life)
  } finally {
    life.end()
  }
}

describeUpdateLog(
  'LevelLog on a simulated disk',
  async () => {
    const disk = new SimulatedDisk(seededRandom(1))
    const env = flowing()
    let log = await openLogOn(disk.mount(env), env)
    return {
      log,
      async reopen() {
        await log.close()
        log = await openLogOn(disk.mount(env), env)
        return log
      },
      async close() {
        await log.close()
        env.stop()
      },
    }
  },
  { runner: { describe, test } },
)

describe('a simulated disk', { timeout: 60_000 }, () => {
  const seeds = Array.from({ length: scaled(40, 400) }, (_, seed) => seed)

  test.each<Crash>(['process', 'power'])(
    '[LOG3] what an append resolved for is there after a crash, whenever it comes: %s',
    async crash => {
      let cut = 0
      for (const seed of seeds) {
        await live(seed, async life => {
          let log = await life.open()
          let acked = 0
          let sent = 0
          for (let round = 0; round < 3; round++) {
            for (let i = 0; i < 5; i++) {
              const last = ++sent
              void log.append(song, epoch, [entry(last)]).then(
                () => (acked = last),
                () => {},
              )
              await life.pass(life.random.int(3))
            }
            log = await life.reopen(crash)
            const found = await counters(log)
            expect(log.findings).toEqual([])
            expect(found.length).toBeGreaterThanOrEqual(acked)
            expect(found).toEqual(Array.from({ length: found.length }, (_, i) => i + 1))
            if (found.length < sent) cut++
            sent = acked = found.length
          }
        })
      }
      expect(cut).toBeGreaterThan(0)
    },
  )

  test('a write that is not synced is lost by some power cuts and by no killed process', async () => {
    const kept = { process: 0, power: 0 }
    for (const crash of ['process', 'power'] as const) {
      for (const seed of seeds) {
        await live(seed, async life => {
          const db = await life.disk.mount(life.env).openDatabase(true)
          await db.put(Uint8Array.of(1), Uint8Array.of(1), { sync: true })
          await db.put(Uint8Array.of(2), Uint8Array.of(2))
          life.disk.crash(crash)
          const again = await life.disk.mount(life.env).openDatabase(false)
          const keys = await again.keys().all()
          expect(keys.length).toBeGreaterThan(0)
          if (keys.length === 2) kept[crash]++
        })
      }
    }
    expect(kept.process).toBe(seeds.length)
    expect(kept.power).toBeGreaterThan(0)
    expect(kept.power).toBeLessThan(seeds.length)
  })

  test('[LOG12] a refused append never shows, whether the store is probed or its process dies', async () => {
    const outcomes = new Set<string>()
    for (const seed of seeds) {
      await live(seed, async life => {
        const log = await life.open()
        await log.append(song, epoch, [entry(1)])
        const fault = life.random.pick(['full', 'write', 'sync'] as const)
        if (fault === 'full') life.disk.faults.full = true
        else life.disk.faults.fail(fault)
        expect(await code(log.append(song, epoch, [entry(2)]))).toBe('store-unavailable')
        if (fault === 'full') expect(await code(log.probe())).toBe('store-unavailable')
        expect(await counters(log)).toEqual([1])
        life.disk.faults.heal()
        await log.probe()
        expect(await counters(log)).toEqual([1])
        expect(await log.append(song, epoch, [entry(3)])).toBe(2)
        const again = await life.reopen(life.random.pick(['process', 'power']))
        expect(again.findings).toEqual([])
        expect(await counters(again)).toEqual([1, 3])
        for (const event of life.events) outcomes.add(event)
      })
    }
    expect(outcomes).toContain('a refused batch is there all the same')
    expect(outcomes).toContain('a refused batch is not there')
  })

  test('the files beside the database never tell of more than it has, and lose what was not synced', async () => {
    let torn = 0
    for (const seed of seeds) {
      await live(seed, async life => {
        let log = await life.open()
        for (let round = 1; round <= 3; round++) {
          await log.append(song, epoch, [entry(round)])
          await life.pass(life.random.int(100))
          log = await life.reopen('power')
          expect(log.findings).toEqual([])
        }
        expect(await counters(log)).toEqual([1, 2, 3])
        torn += life.events.filter(text => text.startsWith('heads lost')).length
      })
    }
    expect(torn).toBeGreaterThan(0)
  })

  test('what rots is told, and a database that went back is found out', async () => {
    let found = 0
    for (const seed of seeds) {
      await live(seed, async life => {
        const log = await life.open()
        for (let i = 1; i <= 5; i++) await log.append(song, epoch, [entry(i)])
        await log.close()
        const rot = life.disk.rot(life.random.pick(['flip', 'rollback', 'file']))
        expect(rot?.text).toBe(life.events.at(-1))
        const again = await life.open()
        const { findings, entries } = await again.open(song)
        if (entries.length < 5) expect([...again.findings, ...findings]).not.toEqual([])
        if (entries.length < 5) found++
      })
    }
    expect(found).toBeGreaterThan(0)
  })

  test('a process that has ended changes nothing, and waits for ever', () =>
    live(1, async life => {
      const disk = life.disk.mount(life.env)
      const db = await disk.openDatabase(true)
      const file = disk.openFile('notes', true)
      let settled = false
      const late = db.put(Uint8Array.of(1), Uint8Array.of(1)).finally(() => (settled = true))
      life.disk.crash('power')
      expect(() => file.write(Uint8Array.of(1), 0)).toThrow('has ended')
      expect(() => db.getSync(Uint8Array.of(1))).toThrow('has ended')
      const again = await life.disk.mount(life.env).openDatabase(true)
      expect(await again.keys().all()).toEqual([])
      void late
      expect(settled).toBe(false)
      expect(() => life.disk.mount(life.env)).toThrow('open')
    }))

  test('the same seed gives the same history', async () => {
    const history = (seed: number) =>
      live(seed, async life => {
        let log = await life.open()
        for (let i = 1; i <= 6; i++) {
          if (i % 3 === 0) life.disk.faults.fail(life.random.pick(['write', 'sync']))
          void log.append(song, epoch, [entry(i)]).catch(() => {})
          await life.pass(life.random.next() * 4)
          life.disk.faults.heal()
          log = await life.reopen(life.random.pick(['process', 'power']))
          life.events.push((await counters(log)).join(' '))
        }
        return life.events
      })
    const histories = await Promise.all([1, 1, 2, 2].map(history))
    expect(histories[0]).toEqual(histories[1])
    expect(histories[2]).toEqual(histories[3])
    expect(histories[0]).not.toEqual(histories[2])
  })
})
