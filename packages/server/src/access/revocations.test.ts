import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openRevocationFile } from './revocation-file.ts'
import { Revocations } from './revocations.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-revocations-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const path = () => join(folder, 'revocations')
const opened = async () => new Revocations(await openRevocationFile(folder))

describe('what was revoked', () => {
  test('[ACC10] is there after a restart, and a torn line is none', async () => {
    const first = await opened()
    await Promise.all([
      first.revoke({ kind: 'subject', name: 'ann', before: 1_000 }),
      first.revoke({ kind: 'token', name: 'zoë "1"\n', before: 2_000 }),
    ])
    await appendFile(path(), '1234abcd {"kind":"subj')
    const again = await opened()
    expect(again.isRevoked({ subject: 'ann', issuedAt: 999 })).toBe(true)
    expect(again.isRevoked({ subject: 'ann', issuedAt: 1_000 })).toBe(false)
    expect(again.isRevoked({ subject: 'ann' })).toBe(true)
    expect(again.isRevoked({ subject: 'x', tokenId: 'zoë "1"\n', issuedAt: 1_999 })).toBe(true)
    expect(again.isRevoked({ subject: 'subject ann' })).toBe(false)
    // The torn line is gone from the file before anything stands behind it.
    await again.revoke({ kind: 'device', name: 'phone', before: 3_000 })
    expect((await readFile(path(), 'utf8')).trimEnd().split('\n')).toHaveLength(3)
    expect((await opened()).isRevoked({ subject: 'x', device: 'phone' })).toBe(true)
  })

  test('[ACC10] is not taken back by an earlier moment', async () => {
    const revocations = await opened()
    await revocations.revoke({ kind: 'subject', name: 'ann', before: 2_000 })
    await revocations.revoke({ kind: 'subject', name: 'ann', before: 1_000 })
    expect((await opened()).isRevoked({ subject: 'ann', issuedAt: 1_500 })).toBe(true)
  })

  test('[ACC10] that cannot be read lets nobody start as if there were none', async () => {
    const revocations = await opened()
    await revocations.revoke({ kind: 'subject', name: 'ann', before: 2_000 })
    await revocations.revoke({ kind: 'subject', name: 'bob', before: 2_000 })
    const text = await readFile(path(), 'utf8')
    await writeFile(path(), text.replace('ann', 'eve'))
    await expect(openRevocationFile(folder)).rejects.toThrow(/damaged in line 1/)
  })

  test('[ACC10] counts only when it is on disk', async () => {
    const revocations = new Revocations({ lines: [], append: () => Promise.reject(new Error('no room')) })
    let told = 0
    revocations.onRevoked(() => told++)
    await expect(revocations.revoke({ kind: 'subject', name: 'ann', before: 1 })).rejects.toThrow('no room')
    expect(revocations.isRevoked({ subject: 'ann' })).toBe(false)
    expect(told).toBe(0)
  })
})
