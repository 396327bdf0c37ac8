import { manualEnv } from '@tutti/core/testing'
import { describe, expect, test } from 'vitest'
import { GroupCommit } from './group-commit.ts'

function commits(paceMs: number, enough: number, burst = 1) {
  const env = manualEnv()
  const started: number[][] = []
  let finish = () => {}
  const group = new GroupCommit<number>(env, { paceMs, burst, enough }, jobs => {
    started.push([...jobs])
    return new Promise(resolve => {
      finish = resolve
    })
  })
  const settle = async () => {
    finish()
    await new Promise(resolve => setImmediate(resolve))
    env.turn()
  }
  return { env, started, group, settle }
}

describe('group commit', () => {
  test('an idle store starts at the end of the turn, with everything the turn brought', () => {
    const { env, started, group } = commits(4, 16)
    group.add(1)
    group.add(2)
    expect(started).toEqual([])
    env.turn()
    expect(started).toEqual([[1, 2]])
  })

  test('what comes during a commit goes into the next', async () => {
    const { env, started, group, settle } = commits(0, 16)
    group.add(1)
    env.turn()
    group.add(2)
    group.add(3)
    env.turn()
    expect(started).toEqual([[1]])
    await settle()
    expect(started).toEqual([[1], [2, 3]])
  })

  test('a busy store waits for its pace, unless enough waits', async () => {
    const { env, started, group, settle } = commits(4, 3)
    group.add(1)
    env.turn()
    await settle()
    group.add(2)
    env.advance(3)
    expect(started).toHaveLength(1)
    env.advance(1)
    expect(started).toEqual([[1], [2]])
    for (const job of [3, 4, 5]) group.add(job)
    await settle()
    expect(started).toEqual([[1], [2], [3, 4, 5]])
  })

  test('after a pause a few commits are not held back; on average the pace holds', async () => {
    const { env, started, group, settle } = commits(4, 16, 3)
    for (let n = 1; n <= 3; n++) {
      group.add(n)
      env.turn()
      expect(started).toHaveLength(n)
      await settle()
    }
    group.add(4)
    env.advance(3)
    expect(started).toHaveLength(3)
    env.advance(1)
    expect(started).toHaveLength(4)
    await settle()
    env.advance(8)
    for (let n = 5; n <= 6; n++) {
      group.add(n)
      env.turn()
      expect(started).toHaveLength(n)
      await settle()
    }
    group.add(7)
    env.turn()
    expect(started).toHaveLength(6)
  })

  test('is idle when nothing waits and nothing is in flight', async () => {
    const { env, group, settle } = commits(0, 16)
    await group.idle()
    group.add(1)
    let isIdle = false
    const idle = group.idle().then(() => {
      isIdle = true
    })
    env.turn()
    expect(isIdle).toBe(false)
    await settle()
    await idle
  })
})
