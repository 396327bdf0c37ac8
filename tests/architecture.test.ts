import { describe, expect, it } from 'vitest'
import {
  circles,
  climbing,
  type Layers,
  type SourceFile,
  sourceFile,
  strangers,
  unranked,
} from './support/layer-rules.ts'
import { filesBelow, readText } from './support/source-code.ts'
import { realTimeAndChance, talking, tiedToAMachine } from './support/world-rules.ts'

interface Config {
  compilerOptions?: { lib?: string[]; types?: string[] }
}

const layers = JSON.parse(readText('layers.json')) as Layers
const files = filesBelow('packages').flatMap(path => {
  const isSource = /^packages\/[^/]+\/src\/.*\.tsx?$/.test(path)
  return (isSource ? sourceFile(path, readText(path)) : null) ?? []
})
const coreManifest = JSON.parse(readText('packages/core/package.json')) as Record<string, Record<string, string>>
const mayImport = Object.keys({ ...coreManifest['dependencies'], ...coreManifest['peerDependencies'] })

describe('the house', () => {
  it('has sources to look at', () => expect(files.length).toBeGreaterThan(5))
  it('every folder has a rank', () => expect(unranked(files, layers)).toEqual([]))
  it('nothing imports upward, sideways, or through its own front door', () =>
    expect(climbing(files, layers)).toEqual([]))
  it('nothing imports in a circle', () => expect(circles(files)).toEqual([]))
  it('server and client do not know each other, core knows nobody', () => expect(strangers(files)).toEqual([]))
  it('core runs anywhere', () => {
    expect(tiedToAMachine(files, mayImport)).toEqual([])
    const configs = ['tsconfig.base.json', 'packages/core/tsconfig.json'].map(
      path => JSON.parse(readText(path)) as Config,
    )
    const options = Object.assign({}, ...configs.map(config => config.compilerOptions)) as Config['compilerOptions']
    expect(options?.lib).toEqual(['ES2023'])
    expect(options?.types).toEqual([])
  })
  it('only typed documents know zod, and nothing of core needs them', () => {
    const core = files.filter(file => file.packageName === 'core' && file.folder !== 'typed')
    const guilty = core.filter(file => file.imports.some(name => /^zod\b|\/typed\//.test(name)))
    expect(guilty.map(file => file.path)).toEqual([])
  })
  it('[RCT8] only the hooks know React, only typed hooks know typed documents, and nothing of the client needs them', () => {
    const client = files.filter(file => file.packageName === 'client')
    const react = client.filter(
      file => file.folder !== 'react' && file.imports.some(name => /^react\b|\/react\//.test(name)),
    )
    const typed = client.filter(file => file.imports.some(name => /^(zod|@tutti\/core\/typed)\b/.test(name)))
    expect(react.map(file => file.path)).toEqual([])
    expect(typed.map(file => file.path)).toEqual(['packages/client/src/react/typed.ts'])
    const entry = client.filter(
      file => file.folder === 'react' && file.imports.some(name => name.endsWith('/typed.ts')),
    )
    expect(entry.map(file => file.path)).toEqual([])
  })
  it('time and chance come in by one door', () => expect(realTimeAndChance(files)).toEqual([]))
  it('only the command line talks to the console', () => expect(talking(files)).toEqual([]))
})

describe('the guard', () => {
  const toy = (path: string, text: string): SourceFile => sourceFile(`packages/${path}`, text) as SourceFile

  it('sees upward, sideways and foreign imports, of types too', () => {
    const tree = [
      toy('core/src/base/a.ts', "export type { B } from '../log/b.ts'"),
      toy('core/src/protocol/c.ts', "type D = import('../connection/d.ts').D"),
      toy('core/src/log/e.ts', "const f = await import('../index.ts')"),
      toy('client/src/sync/g.ts', "import '../../../core/src/base/a.ts'\nimport '@tutti/server'"),
      toy('client/src/sync/h.ts', "import '@tutti/client'\nimport '@tutti/core/testing'"),
      toy('core/src/log/i.ts', "import '../base/a.ts'\nimport './e.ts'"),
    ]
    expect(climbing(tree, layers).map(line => line.slice(line.indexOf('->') + 3))).toEqual([
      '../log/b.ts: upward',
      '../connection/d.ts: sideways',
      '../index.ts: its own front door',
      '../../../core/src/base/a.ts: leaves the sources of its package',
      '@tutti/client: its own front door',
      '@tutti/core/testing: only tests may',
    ])
    expect(strangers(tree)).toEqual(['packages/client/src/sync/g.ts -> @tutti/server'])
    expect(unranked([toy('core/src/attic/j.ts', '')], layers)).toEqual(['core/attic'])
  })

  it('sees circles', () => {
    const tree = [
      toy('core/src/log/a.ts', "import './b.ts'"),
      toy('core/src/log/b.ts', "import type { C } from './c.ts'"),
      toy('core/src/log/c.ts', "import './b.ts'"),
    ]
    expect(circles(tree)).toEqual([
      'packages/core/src/log/b.ts -> packages/core/src/log/c.ts -> packages/core/src/log/b.ts',
    ])
  })

  it('sees clocks, timers and chance, and leaves the innocent alone', () => {
    const guilty = [
      'Date.now()',
      'new Date()',
      'performance.now()',
      'globalThis.performance.now()',
      'Math.random()',
      'crypto.randomUUID()',
      'setTimeout(f, 1)',
      'const wait = setInterval',
      'globalThis.setImmediate(f)',
      'AbortSignal.timeout(5)',
      "import { setTimeout as sleep } from 'node:timers/promises'",
      "import { randomUUID } from 'node:crypto'",
    ]
    for (const line of guilty) expect(realTimeAndChance([toy('client/src/a.ts', line)]), line).not.toEqual([])
    const innocent =
      "new Date(at); Math.max(1); env.clock.now(); timers.after(1, f); queueMicrotask(f) // Date.now()\n'setTimeout'"
    expect(realTimeAndChance([toy('client/src/a.ts', innocent)])).toEqual([])
  })

  it('sees what ties core to a machine', () => {
    const guilty = ["import 'node:fs'", "import 'ws'", 'globalThis.fetch()', 'declare const process: object']
    for (const line of guilty) expect(tiedToAMachine([toy('core/src/a.ts', line)], ['lib0']), line).not.toEqual([])
    const innocent = "import 'lib0/encoding'\ndeclare const brand: unique symbol"
    expect(tiedToAMachine([toy('core/src/a.ts', innocent)], ['lib0'])).toEqual([])
  })
})
