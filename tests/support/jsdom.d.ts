/** As much of jsdom as tests use by hand. */
declare module 'jsdom' {
  export class JSDOM {
    readonly window: Window & typeof globalThis
    constructor(html: string)
  }
}
