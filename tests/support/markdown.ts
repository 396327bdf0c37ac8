/** A fenced block of a page. */
export interface Snippet {
  readonly language: string
  readonly line: number
  readonly text: string
  /** The name in `<!-- runs: name -->` on the line before, or `null`. */
  readonly runs: string | null
}

/** A link of a page, as written. */
export interface Link {
  readonly line: number
  readonly to: string
}

export interface Page {
  readonly snippets: readonly Snippet[]
  readonly links: readonly Link[]
  /** The `#anchors` its headings make. */
  readonly anchors: readonly string[]
}

export function readPage(markdown: string): Page {
  const snippets: Snippet[] = []
  const links: Link[] = []
  const anchors: string[] = []
  let open: { fence: string; language: string; line: number; runs: string | null; lines: string[] } | null = null
  let runs: string | null = null
  for (const [at, line] of markdown.split('\n').entries()) {
    const fence = /^\s*(`{3,}|~{3,})\s*(\w*)/.exec(line)
    if (open !== null) {
      if (fence !== null && (fence[1] as string).startsWith(open.fence) && fence[2] === '') {
        snippets.push({ language: open.language, line: open.line, text: open.lines.join('\n'), runs: open.runs })
        open = null
      } else open.lines.push(line)
    } else if (fence !== null) {
      open = { fence: fence[1] as string, language: fence[2] as string, line: at + 1, runs, lines: [] }
      runs = null
    } else {
      if (line.trim() !== '') runs = /^<!-- runs: ([\w-]+) -->$/.exec(line.trim())?.[1] ?? null
      const heading = /^#{1,6}\s+(.*)$/.exec(line)?.[1]
      if (heading !== undefined) anchors.push(numbered(anchorOf(heading), anchors))
      links.push(...linksIn(line).map(to => ({ line: at + 1, to })))
    }
  }
  return { snippets, links, anchors }
}

function linksIn(line: string): string[] {
  const prose = line.replace(/`[^`]*`/g, '')
  const inline = [...prose.matchAll(/\]\(\s*<?([^)>\s]+)>?(?:\s+"[^"]*")?\s*\)/g)]
  const reference = [...prose.matchAll(/^\s*\[[^\]]+\]:\s+(\S+)/g)]
  const html = [...prose.matchAll(/\s(?:src|href|srcset)="([^"\s]+)"/g)]
  return [...inline, ...reference, ...html].map(found => found[1] as string)
}

function anchorOf(heading: string): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '')
  return text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
}

function numbered(anchor: string, before: readonly string[]): string {
  if (!before.includes(anchor)) return anchor
  let n = 1
  while (before.includes(`${anchor}-${n}`)) n++
  return `${anchor}-${n}`
}

/** The regions between `// snippet:name` and `// end`, without the indentation they share. */
export function regionsOf(source: string): Map<string, string> {
  const regions = new Map<string, string>()
  let open: { name: string; lines: string[] } | null = null
  for (const line of source.split('\n')) {
    const name = /^\s*\/\/ snippet:([\w-]+)\s*$/.exec(line)?.[1]
    if (name !== undefined) {
      open = { name, lines: [] }
    } else if (open !== null && /^\s*\/\/ end\s*$/.test(line)) {
      regions.set(open.name, dedent(open.lines).join('\n'))
      open = null
    } else open?.lines.push(line)
  }
  if (open !== null) throw new Error(`// snippet:${open.name} has no // end`)
  return regions
}

function dedent(lines: readonly string[]): string[] {
  const widths = lines.filter(line => line.trim() !== '').map(line => line.length - line.trimStart().length)
  const width = Math.min(...widths)
  return lines.map(line => (line.trim() === '' ? '' : line.slice(width)))
}
