/** The full suite (`TUTTI_SCALE=ci`) runs the large counts; everyday runs the small ones, so that they stay in minutes. */
export const isFullScale: boolean = process.env['TUTTI_SCALE'] === 'ci'

/** `small` every day, `full` in the full suite. */
export function scaled(small: number, full: number): number {
  return isFullScale ? full : small
}
