/** Prints what a loop has measured, in the one line that a person looks for and a script can find. */
export function tellFigures(loop: string, figures: Readonly<Record<string, number | string>>): void {
  const parts = Object.entries(figures).map(
    ([what, value]) => `${what} ${typeof value === 'number' ? round(value) : value}`,
  )
  process.stdout.write(`figures of ${loop}: ${parts.join(', ')}\n`)
}

/** The value that `share` (0 to 1) of the values do not exceed; NaN for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function round(value: number): string {
  return (Number.isInteger(value) ? value : Number(value.toFixed(1))).toLocaleString('en-US')
}
