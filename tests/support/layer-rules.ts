import { posix } from 'node:path'
import { importsOf, parse, type SyntaxNode } from './source-code.ts'

/** package → folder → rank. A smaller number is higher; "." stands for files directly in `src`. */
export type Layers = Readonly<Record<string, Readonly<Record<string, number>>>>

/** A source file of a package: tests are not among them. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  readonly program: SyntaxNode
  readonly packageName: string
  readonly folder: string
  readonly imports: readonly string[]
}

/** `null` for what is no package source (tests, files elsewhere). */
export function sourceFile(path: string, text: string): SourceFile | null {
  const found = /^packages\/([^/]+)\/src\/(?:([^/]+)\/)?.*\.tsx?$/.exec(path)
  if (found === null || /\.test\.tsx?$/.test(path)) return null
  const program = parse(path, text)
  const [, packageName = '', folder = '.'] = found
  return { path, text, program, packageName, folder, imports: importsOf(program) }
}

/** The path an import of this house leads to, or `null` for a package. */
export function target(file: SourceFile, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : null
}

/** Folders nobody gave a rank. */
export function unranked(files: readonly SourceFile[], layers: Layers): string[] {
  const missing = files.filter(file => layers[file.packageName]?.[file.folder] === undefined)
  return [...new Set(missing.map(file => `${file.packageName}/${file.folder}`))]
}

/** Imports that go up, sideways, into another package's folders, or through the package's own front door. */
export function climbing(files: readonly SourceFile[], layers: Layers): string[] {
  return files.flatMap(file =>
    file.imports.flatMap(specifier => {
      const complaint = (why: string) => [`${file.path} -> ${specifier}: ${why}`]
      const own = `@tutti/${file.packageName}`
      if (specifier === own || specifier.startsWith(`${own}/`)) return complaint('its own front door')
      if (/^@tutti\/[^/]+\/testing$/.test(specifier) && file.folder !== 'testing') return complaint('only tests may')
      const path = target(file, specifier)
      if (path === null) return []
      const below = /^packages\/([^/]+)\/src\/(?:([^/]+)\/)?[^/]/.exec(path)
      if (below === null || below[1] !== file.packageName) return complaint('leaves the sources of its package')
      if (path === `packages/${file.packageName}/src/index.ts`) return complaint('its own front door')
      const folder = below[2] ?? '.'
      const from = layers[file.packageName]?.[file.folder]
      const to = layers[file.packageName]?.[folder]
      if (folder === file.folder || from === undefined || (to !== undefined && from < to)) return []
      return complaint(to === undefined ? 'a folder without a rank' : to === from ? 'sideways' : 'upward')
    }),
  )
}

/** Every circle of files once, as `a -> b -> a`. Imports of types count: a circle of ideas is one, too. */
export function circles(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map(file => [file.path, file.imports.flatMap(specifier => target(file, specifier) ?? [])]),
  )
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path)
    if (at >= 0) found.push([...trail.slice(at), path].join(' -> '))
    if (at >= 0 || done.has(path)) return
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return found
}

/** Packages a package of ours may never see: server and client do not know each other, core knows nobody. */
export function strangers(files: readonly SourceFile[]): string[] {
  const mayImport: Readonly<Record<string, readonly string[]>> = { core: [], server: ['core'], client: ['core'] }
  return files.flatMap(file =>
    file.imports.flatMap(specifier => {
      const name = /^@tutti\/([^/]+)/.exec(specifier)?.[1]
      if (name === undefined || name === file.packageName) return []
      return mayImport[file.packageName]?.includes(name) === true ? [] : [`${file.path} -> ${specifier}`]
    }),
  )
}
