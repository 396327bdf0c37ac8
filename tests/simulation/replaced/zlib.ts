// Compression without threads: when it is done does not depend on what else the machine does.
import {
  type BrotliOptions,
  brotliCompressSync,
  brotliDecompressSync,
  type CompressCallback,
  deflateSync,
  type InputType,
  inflateSync,
  type ZlibOptions,
} from 'node:zlib'

export { constants, crc32 } from 'node:zlib'

type Callback = CompressCallback

function soon<Options>(work: (input: InputType, options: Options) => Buffer) {
  return (input: InputType, options: Options | Callback, callback?: Callback): void => {
    const [given, then] =
      typeof options === 'function' ? [{} as Options, options as Callback] : [options, callback as Callback]
    let done: Buffer | null = null
    let failed: Error | null = null
    try {
      done = work(input, given)
    } catch (error) {
      failed = error as Error
    }
    queueMicrotask(() => then(failed, done as Buffer<ArrayBuffer>))
  }
}

export const brotliCompress = soon<BrotliOptions>(brotliCompressSync)
export const brotliDecompress = soon<BrotliOptions>(brotliDecompressSync)
export const deflate = soon<ZlibOptions>(deflateSync)
export const inflate = soon<ZlibOptions>(inflateSync)
