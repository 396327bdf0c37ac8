/** Made while the fuzzer is built: see build.ts. */
declare module 'virtual:counters' {
  /** How often each branch was visited. */
  export const __visits: Uint32Array
  /** What the counters count, in their order. */
  export const branches: readonly { readonly file: string; readonly line: number }[]
  /** The largest array that was asked for. */
  export const allocation: { largest: number }
}
