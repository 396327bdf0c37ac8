/** The full suite (`TUTTI_SCALE=ci`) runs the large counts; everyday runs the small ones, so that they stay in minutes. */
export const isFullScale: boolean = process.env['TUTTI_SCALE'] === 'ci'

const byHand = Number(process.env['TUTTI_COUNT'] ?? 0)

/** `small` every day, `full` in the full suite. */
export function scaled(small: number, full: number): number {
  return isFullScale ? full : small
}

/** How often a loop goes round: as often as was asked by hand (`TUTTI_COUNT=2000`), otherwise as `scaled` says. */
export function rounds(small: number, full: number): number {
  return byHand > 0 ? byHand : scaled(small, full)
}
