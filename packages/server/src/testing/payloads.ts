/** What server frames that were written together carry, one after the other. */
export function* payloadsOf(frames: Uint8Array): Generator<Uint8Array> {
  let at = 0
  while (at < frames.length) {
    const short = (frames[at + 1] as number) & 127
    const view = new DataView(frames.buffer, frames.byteOffset + at)
    const [head, length] =
      short < 126 ? [2, short] : short === 126 ? [4, view.getUint16(2)] : [10, Number(view.getBigUint64(2))]
    yield frames.subarray(at + head, at + head + length)
    at += head + length
  }
}
