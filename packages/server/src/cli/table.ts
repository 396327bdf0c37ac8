import { styleText } from 'node:util'

/** Whether this is for eyes: a terminal that was not asked to go without (https://no-color.org). */
export function isColored(stream: { readonly isTTY?: boolean } = process.stdout): boolean {
  return stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === ''
}

export type Style = Parameters<typeof styleText>[0]

export function styled(style: Style, text: string): string {
  return isColored() ? styleText(style, text) : text
}

/** Rows below a head, columns as wide as what is in them; what is a number stands to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = head.map((title, at) => Math.max(width(title), ...rows.map(row => width(String(row[at] ?? '')))))
  const line = (cells: readonly (string | number)[]) =>
    cells
      .map((cell, at) => padded(cell, at === head.length - 1 ? 0 : (widths[at] as number), widths[at] as number))
      .join('  ')
  return [styled('bold', line(head)), ...rows.map(line)].join('\n')
}

function padded(cell: string | number, least: number, whole: number): string {
  if (typeof cell === 'number') return ' '.repeat(whole - width(String(cell))) + String(cell)
  return cell + ' '.repeat(Math.max(0, least - width(cell)))
}

/** Letters as people count them, without what only colours. */
function width(text: string): number {
  return Array.from(text.replace(/\u001b\[[\d;]*m/g, '')).length
}
