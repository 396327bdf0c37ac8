/** The few pieces of SVG that the plots are made of. Colours are classes, so that one file suits light and dark pages. */

const style = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .page { fill: #ffffff }
  .title { font-weight: 600; font-size: 13px }
  .quiet { fill: #59636e; font-size: 11px }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .whisker { stroke: #1f2328; stroke-width: 1.5 }
  .line { fill: none; stroke-width: 2 }
  .ours { fill: #0b62d6 } .other { fill: #9aa4af } .floor { fill: #d0a215 }
  .s0 { fill: #0b62d6; stroke: #0b62d6 } .s1 { fill: #b54708; stroke: #b54708 } .s2 { fill: #1a7f37; stroke: #1a7f37 }
  .s3 { fill: #8250df; stroke: #8250df } .s4 { fill: #59636e; stroke: #59636e } .s5 { fill: #bf3989; stroke: #bf3989 }
  text[class^="s"] { stroke: none }
  path.line { fill: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .page { fill: #0d1117 }
    .quiet { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .whisker { stroke: #e6edf3 }
    .ours { fill: #4c8dff } .other { fill: #656c76 } .floor { fill: #a07a10 }
    .s0 { fill: #58a6ff; stroke: #58a6ff } .s1 { fill: #f0883e; stroke: #f0883e } .s2 { fill: #3fb950; stroke: #3fb950 }
    .s3 { fill: #bc8cff; stroke: #bc8cff } .s4 { fill: #9198a1; stroke: #9198a1 } .s5 { fill: #f778ba; stroke: #f778ba }
  }
`

/** A whole picture: `body` on a page of that size, with what it shows in words. */
export function picture(width: number, height: number, label: string, body: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(label)}">
<style>${style}</style>
<rect class="page" width="${width}" height="${height}" rx="6"/>
${body.join('\n')}
</svg>
`
}

type Anchor = 'start' | 'middle' | 'end'

/** Text whose baseline begins, is centred or ends at that point. */
export function text(x: number, y: number, words: string, kind = '', anchor: Anchor = 'start'): string {
  return `<text x="${short(x)}" y="${short(y)}"${named(kind)} text-anchor="${anchor}">${escape(words)}</text>`
}

export function rect(x: number, y: number, width: number, height: number, kind: string): string {
  return `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" rx="2"${named(kind)}/>`
}

export function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line x1="${short(x1)}" y1="${short(y1)}" x2="${short(x2)}" y2="${short(y2)}"${named(kind)}/>`
}

export function dot(x: number, y: number, kind: string): string {
  return `<circle cx="${short(x)}" cy="${short(y)}" r="3"${named(kind)}/>`
}

/** A line through points. */
export function path(points: readonly (readonly [number, number])[], kind: string): string {
  const way = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${short(x)} ${short(y)}`).join(' ')
  return `<path d="${way}"${named(`line ${kind}`)}/>`
}

function named(kind: string): string {
  return kind === '' ? '' : ` class="${kind}"`
}

function short(value: number): string {
  return String(Number(value.toFixed(1)))
}

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
